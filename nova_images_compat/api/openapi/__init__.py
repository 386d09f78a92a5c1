# SPDX-License-Identifier: Apache-2.0

"""The OpenAPI document of the images API, generated from the URL table and
from what the decorators of each operation declare."""
