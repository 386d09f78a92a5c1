# SPDX-License-Identifier: Apache-2.0

"""Options of the group ``[api]``. Where Nova has an option, too, its name and
meaning are the same."""

from oslo_config import cfg
from oslo_config import types

from nova_images_compat.conf import day

KEYSTONE = 'keystone'
NOAUTH2 = 'noauth2'

MICROVERSION = types.String(regex=r'^2\.[1-9][0-9]{0,3}$')

GROUP = cfg.OptGroup('api', title='The images API')

OPTS = [
    cfg.StrOpt(
        'auth_strategy',
        default=KEYSTONE,
        choices=[
            (KEYSTONE, 'Tokens are validated by Keystone, as configured '
             'in [keystone_authtoken].'),
            (NOAUTH2, 'For development: the token is '
             '"user:project[:role,role...]" and is not checked.'),
        ],
        help='How callers are authenticated.'),
    cfg.IntOpt(
        'local_token_cache_time',
        default=3,
        min=0,
        help='For how many seconds each process keeps validated tokens in its '
             'memory, so that it does not read them from [keystone_authtoken] '
             'memcached_servers for each request. A revoked token may be '
             'accepted this many seconds longer than with memcached alone. At '
             'most [keystone_authtoken] token_cache_time. 0: memcached is '
             'always asked. The option has no effect without '
             'memcached_servers, or in nova-api, where Nova validates the '
             'tokens.'),
    cfg.StrOpt(
        'image_store',
        default='glance',
        help='The store of the images: the name of an entry point of '
             'nova_images_compat.image_stores. "glance" is the Image service, '
             'as configured in [glance]; "catalog" is the embedded catalogue '
             'in [database] connection.'),
    cfg.IntOpt(
        'max_limit',
        default=1000,
        min=0,
        deprecated_name='osapi_max_limit',
        deprecated_group='DEFAULT',
        help='The most images in a page of a list with a "limit". A larger '
             '"limit" is reduced to it, and the page ends with a "next" link. '
             'A list without a "limit" is always complete, as in Nova. 0: no '
             '"limit" is reduced, and no page has a "next" link.'),
    cfg.StrOpt(
        'compute_link_prefix',
        deprecated_name='osapi_compute_link_prefix',
        deprecated_group='DEFAULT',
        help='The public root of the compute endpoint, such as '
             'https://compute.example.com, for the links in responses. Unset '
             'or empty: the scheme and host of the request.'),
    cfg.StrOpt(
        'glance_link_prefix',
        deprecated_name='osapi_glance_link_prefix',
        deprecated_group='DEFAULT',
        help='The public root of the Image service, such as '
             'https://image.example.com, for the "alternate" links. Unset or '
             "empty: the Image service's public endpoint in the catalogue of "
             "the caller's token, or the root of this service if images are "
             'in the embedded catalogue.'),
    cfg.IntOpt(
        'image_cache_time',
        default=0,
        min=0,
        max=3600,
        help='Seconds for which answers of the Image service to reads of an '
             'image, and pages of lists, are kept and used again for the same '
             'caller. Clients may see images as they were so many seconds '
             'ago. 0: nothing is kept. The answers are in the cache of '
             '[cache], or, if [cache] enabled is false, in the memory of each '
             'process. Without this option, [cache] has no effect on images. '
             'The embedded catalogue does not need it.'),
    cfg.StrOpt(
        'response_validation',
        default='ignore',
        choices=[
            ('error', 'A response that does not match its schema becomes an '
             'error 500.'),
            ('warn', 'A response that does not match its schema is logged.'),
            ('ignore', 'Responses are not validated.'),
        ],
        help='Whether responses are validated against their JSON schemas. '
             'For development: it costs time on every request.'),
    cfg.Opt(
        'max_version',
        type=MICROVERSION,
        default='2.104',
        help='The newest compute API microversion of the deployment. The '
             'version documents show it, and "latest" means it. Nova 34 '
             '(2026.2) has 2.104.'),
    cfg.Opt(
        'images_max_version',
        type=MICROVERSION,
        default='2.35',
        help='The last microversion that has images, as in Nova. Set a higher '
             'one only if clients request a newer microversion and cannot be '
             'changed.'),
    cfg.Opt(
        'metadata_max_version',
        type=MICROVERSION,
        default='2.38',
        help='The last microversion that has the metadata of images, as in '
             'Nova.'),
    cfg.BoolOpt(
        'deprecation_headers',
        default=False,
        help='Send the headers Deprecation, Sunset and Link with each '
             'response. They tell clients that this API is deprecated, and '
             'point to the Image service.'),
    cfg.Opt(
        'sunset',
        type=day.Day(),
        sample_default='2027-12-31',
        help='The day (YYYY-MM-DD) from which this API may be gone, for the '
             'header Sunset. Unset: no such header.'),
]
