# SPDX-License-Identifier: Apache-2.0

"""Options of the group ``[glance]``; names and meaning are Nova's, so that
the section of nova.conf serves as it is."""

from keystoneauth1 import loading
from oslo_config import cfg

from nova_images_compat.conf import session

GROUP = cfg.OptGroup('glance', title='The Image service')

SERVICE_TYPE = 'image'
TIMEOUT = 60.0
LIST_TIMEOUT = 60.0

# keystoneauth's options of an adapter that have a meaning here: the store has
# one version of one API to talk to, and its own retries.
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
             'http://image1.example.com:9292: each request goes to one of '
             'them, in random order, and to the next if it does not answer. '
             'Unset: endpoint_override, or else the endpoint in the '
             "catalogue of the caller's token."),
    cfg.IntOpt(
        'num_retries',
        default=3,
        min=0,
        help='How many more times a request is sent that failed to reach the '
             'Image service.'),
    cfg.FloatOpt(
        'list_timeout',
        default=LIST_TIMEOUT,
        min=1,
        help='Seconds that a list of images may take, however many pages of '
             'the Image service it is put together from: a list without a '
             '"limit" has no other bound. Then the answer is an error 503. '
             'Keep it below the time-out of the proxy in front of this '
             'service, often 60 or 100 seconds. A single request to the Image '
             'service takes no longer than timeout, either.'),
]

cfg.set_defaults(
    OPTS, service_type=SERVICE_TYPE, valid_interfaces=['internal', 'public'])
