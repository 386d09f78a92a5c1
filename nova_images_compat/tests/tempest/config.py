# SPDX-License-Identifier: Apache-2.0

"""The options in tempest.conf."""

from oslo_config import cfg

SERVICE_AVAILABLE = 'service_available'

AVAILABLE_OPTS: list[cfg.Opt] = [
    cfg.BoolOpt(
        'images_compat',
        default=True,
        help='Whether the images API of Compute is available.'),
]

GROUP = cfg.OptGroup('images_compat', title='The images API of Compute')

OPTS: list[cfg.Opt] = [
    cfg.StrOpt(
        'catalog_type',
        default='compute',
        help='The type of the service in the service catalogue.'),
    cfg.StrOpt(
        'region',
        default='',
        help='The region of its endpoint. Default: [identity] region.'),
    cfg.StrOpt(
        'endpoint_type',
        default='public',
        choices=['public', 'internal', 'admin',
                 'publicURL', 'internalURL', 'adminURL'],
        help='The interface of its endpoint.'),
    cfg.StrOpt(
        'images_max_microversion',
        default='2.35',
        regex=r'^2\.[1-9][0-9]*$',
        help="The last microversion that has images: the service's [api] "
             'images_max_version.'),
    cfg.StrOpt(
        'metadata_max_microversion',
        default='2.38',
        regex=r'^2\.[1-9][0-9]*$',
        help="The last microversion that has images' metadata: the service's "
             '[api] metadata_max_version.'),
    cfg.BoolOpt(
        'legacy_v2',
        default=True,
        help='Whether the legacy /v2 is served.'),
    cfg.StrOpt(
        'legacy_catalog_type',
        default='',
        help='The type of the legacy /v2 in the service catalogue, such '
             'as "compute_legacy". Default: its URL is that of the endpoint '
             'above, with v2 in place of v2.1.'),
    cfg.StrOpt(
        'size_role',
        default='',
        help='The role that the policy rule os_compute_api:image-size '
             'requires, and that the credentials of the tests do not have. '
             'Default: everybody may see the sizes of images.'),
]
