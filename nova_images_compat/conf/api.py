# SPDX-License-Identifier: Apache-2.0

"""Options of the group ``[api]``; names and meaning are Nova's where it has
them."""

from oslo_config import cfg
from oslo_config import types

GROUP = cfg.OptGroup('api', title='The images API')

OPTS = [
    cfg.StrOpt(
        'auth_strategy',
        default='keystone',
        choices=[
            ('keystone', 'Tokens are validated by Keystone, as configured '
             'in [keystone_authtoken].'),
            ('noauth2', 'For development: the token is '
             '"user:project[:role,role...]" and is believed.'),
        ],
        help='How a caller is authenticated.'),
    cfg.StrOpt(
        'image_store',
        default='catalog',
        help='Where the images live: the name of an entry point of '
             'nova_images_compat.image_stores. "catalog" is the embedded '
             'catalogue, kept in [database] connection.'),
    cfg.IntOpt(
        'max_limit',
        default=1000,
        min=1,
        help='The most images of a page, for a list with a "limit": a larger '
             'one is capped, and the page ends in a "next" link. A list '
             'without one is answered whole, as in Nova.'),
    cfg.URIOpt(
        'compute_link_prefix', schemes=['http', 'https'],
        help='The public root of the compute endpoint, such as '
             'https://compute.example.com, for the links in answers. Unset: '
             'the scheme and host of the request.'),
    cfg.URIOpt(
        'glance_link_prefix', schemes=['http', 'https'],
        help='The public root of the image service, such as '
             'https://image.example.com, for the "alternate" links. Unset: '
             'what the image store knows to be its public root; with the '
             'embedded catalogue, the root of this service.'),
    cfg.StrOpt(
        'response_validation',
        default='ignore',
        choices=[
            ('ignore', 'Answers are not validated.'),
            ('warn', 'An answer that does not match its schema is logged.'),
            ('error', 'An answer that does not match its schema becomes an '
             'error 500.'),
        ],
        help='Whether answers are held against their JSON schemas. For '
             'development: it costs time on every request.'),
    cfg.Opt(
        'max_version',
        type=types.String(regex=r'^2\.[1-9][0-9]{0,3}$'),
        default='2.104',
        help='The newest compute API microversion of the deployment, which '
             'the version documents name and "latest" stands for. Nova 34 '
             '(2026.2) has 2.104.'),
]
