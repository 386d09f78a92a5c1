# SPDX-License-Identifier: Apache-2.0

"""Options of the group ``[service_user]``, as in Nova."""

from keystoneauth1 import loading
from oslo_config import cfg

from nova_images_compat.conf import session

GROUP = cfg.OptGroup('service_user', title='The service token')

TIMEOUT = 60.0

OPTS = [
    cfg.BoolOpt(
        'send_service_user_token',
        default=False,
        help="Send a token of the service's own user to the Image service "
             "with the caller's token. A request can then finish even if the "
             "caller's token expires meanwhile. This section describes the "
             'user: auth_type, auth_url, username, and so on.'),
    *session.options(TIMEOUT),
    *loading.get_auth_common_conf_options(),
]
