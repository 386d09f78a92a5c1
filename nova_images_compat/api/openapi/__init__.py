# SPDX-License-Identifier: Apache-2.0

"""The OpenAPI document of the images API, made of the URL table and of what
the decorators say of each operation."""
