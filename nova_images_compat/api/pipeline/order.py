# SPDX-License-Identifier: Apache-2.0

"""The order in which a request passes the filters: the outermost first."""

# Those of the paste file, which has one of the two authentications.
FILTERS = (
    'cors',
    'http_proxy_to_wsgi',
    'healthcheck',
    'request_id',
    'fault_wrapper',
    'request_log',
    'sizelimit',
    'osprofiler',
    'deprecation',
    'keystone',
    'noauth',
    'request_context',
    'microversion',
    'usage',
)

# Those of the filter in Nova's pipeline. There, all that passes
# ``deprecation`` is of the images API, errors 500 too.
GUEST_FILTERS = (
    'deprecation',
    'fault_wrapper',
    'request_context',
    'microversion',
    'usage',
)
