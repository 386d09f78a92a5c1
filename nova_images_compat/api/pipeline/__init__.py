# SPDX-License-Identifier: Apache-2.0

"""The filters of the pipeline, a module for each; ``order`` says in which
order a request passes them, and ``paste`` makes them."""
