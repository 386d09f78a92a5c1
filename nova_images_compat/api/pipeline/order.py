# SPDX-License-Identifier: Apache-2.0

"""The order in which a request passes the filters: the outermost first.

The paste file has all of them but one of the two authentications. The filter
in another service's pipeline has those that the other service does not have.
"""

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
