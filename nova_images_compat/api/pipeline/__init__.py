# SPDX-License-Identifier: Apache-2.0

"""The filters of the pipeline, in the order that a request meets them:
cors, http_proxy_to_wsgi, healthcheck, request_id, fault_wrapper, request_log,
sizelimit, then, below a version's root, authentication (keystone or noauth),
request_context, microversion and usage. ``paste`` is how they are made."""
