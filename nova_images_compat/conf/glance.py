# SPDX-License-Identifier: Apache-2.0

"""Options of the group ``[glance]``. Names and meaning are Nova's: the section
of a nova.conf can be used unchanged."""

from keystoneauth1 import loading
from oslo_config import cfg

from nova_images_compat.conf import session

GROUP = cfg.OptGroup('glance', title='The Image service')

SERVICE_TYPE = 'image'
TIMEOUT = 60.0
LIST_TIMEOUT = 60.0

# keystoneauth's options of an adapter that are used here. Those of versions
# and retries are not: the store uses API v2, and has its own retries.
_ADAPTER = (
    'service_type', 'service_name', 'valid_interfaces', 'region_name',
    'endpoint_override')

# As in Nova.
_DEPRECATED = {
    'insecure': [cfg.DeprecatedOpt('api_insecure', group=GROUP.name)],
    'cafile': [cfg.DeprecatedOpt('ca_file', group='ssl')],
    'certfile': [cfg.DeprecatedOpt('cert_file', group='ssl')],
    'keyfile': [cfg.DeprecatedOpt('key_file', group='ssl')],
}

OPTS = [
    *session.options(TIMEOUT, _DEPRECATED),
    *(opt for opt in loading.get_adapter_conf_options(
        include_deprecated=False) if opt.dest in _ADAPTER),
    cfg.ListOpt(
        'api_servers',
        help='URLs of the Image service, such as '
             'http://image1.example.com:9292. Each request goes to one of '
             'them at random, and to the next if that one is not reachable. '
             'Unset: endpoint_override, or else the endpoint in the '
             "catalogue of the caller's token."),
    cfg.IntOpt(
        'num_retries',
        default=3,
        min=0,
        help='How many times a request is retried if it fails to reach the '
             'Image service.'),
    cfg.FloatOpt(
        'list_timeout',
        default=LIST_TIMEOUT,
        min=1,
        help='Seconds that a list of images may take in total. Then the '
             'response is an error 503. A list without a "limit" may need '
             'many pages of the Image service, and timeout limits only the '
             'request of each page. Keep list_timeout below the timeout of '
             'the proxy in front of this service, often 60 or 100 seconds.'),
]

cfg.set_defaults(
    OPTS, service_type=SERVICE_TYPE, valid_interfaces=['internal', 'public'])
