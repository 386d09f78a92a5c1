# SPDX-License-Identifier: Apache-2.0

"""Options of the group ``[api]``; names and meaning are Nova's where it has
them."""

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
             '"user:project[:role,role...]" and is believed.'),
        ],
        help='How a caller is authenticated.'),
    cfg.StrOpt(
        'image_store',
        default='glance',
        help='Where the images live: the name of an entry point of '
             'nova_images_compat.image_stores. "glance" is the Image service '
             'that [glance] leads to; "catalog" is the embedded catalogue, '
             'kept in [database] connection.'),
    cfg.IntOpt(
        'max_limit',
        default=1000,
        min=0,
        deprecated_name='osapi_max_limit',
        deprecated_group='DEFAULT',
        help='The most images of a page, for a list with a "limit": a larger '
             'one is capped, and the page ends in a "next" link. A list '
             'without one is answered whole, as in Nova. 0: a larger one is '
             'not capped, and no page has a "next" link.'),
    cfg.StrOpt(
        'compute_link_prefix',
        deprecated_name='osapi_compute_link_prefix',
        deprecated_group='DEFAULT',
        help='The public root of the compute endpoint, such as '
             'https://compute.example.com, for the links in answers. Unset '
             'or empty: the scheme and host of the request.'),
    cfg.StrOpt(
        'glance_link_prefix',
        deprecated_name='osapi_glance_link_prefix',
        deprecated_group='DEFAULT',
        help='The public root of the image service, such as '
             'https://image.example.com, for the "alternate" links. Unset or '
             "empty: the Image service's public endpoint in the catalogue of "
             "the caller's token; with the embedded catalogue, the root of "
             'this service.'),
    cfg.StrOpt(
        'response_validation',
        default='ignore',
        choices=[
            ('error', 'An answer that does not match its schema becomes an '
             'error 500.'),
            ('warn', 'An answer that does not match its schema is logged.'),
            ('ignore', 'Answers are not validated.'),
        ],
        help='Whether answers are held against their JSON schemas. For '
             'development: it costs time on every request.'),
    cfg.Opt(
        'max_version',
        type=MICROVERSION,
        default='2.104',
        help='The newest compute API microversion of the deployment, which '
             'the version documents name and "latest" stands for. Nova 34 '
             '(2026.2) has 2.104.'),
    cfg.Opt(
        'images_max_version',
        type=MICROVERSION,
        default='2.35',
        help='The last microversion that has images, as in Nova. A higher one '
             'is for clients that ask for a newer microversion and cannot be '
             'changed.'),
    cfg.Opt(
        'metadata_max_version',
        type=MICROVERSION,
        default='2.38',
        help="The last microversion that has images' metadata, as in Nova."),
    cfg.BoolOpt(
        'deprecation_headers',
        default=False,
        help='Tell clients with each answer that the API is deprecated, and '
             "to go to the Image service's own instead: the headers "
             'Deprecation, Sunset and Link.'),
    cfg.Opt(
        'sunset',
        type=day.Day(),
        sample_default='2027-12-31',
        help='The day, as YYYY-MM-DD, from which on this API may be gone: for '
             'the header Sunset. Unset: no such header.'),
]
