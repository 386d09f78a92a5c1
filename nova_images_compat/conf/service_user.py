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
             "beside the caller's, so that the caller's may expire while a "
             'request is under way. Takes the user of this section: '
             'auth_type, auth_url, username, and so on.'),
    *session.options(TIMEOUT),
    *loading.get_auth_common_conf_options(),
]
