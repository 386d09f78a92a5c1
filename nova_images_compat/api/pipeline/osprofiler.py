# SPDX-License-Identifier: Apache-2.0

"""Traces requests by osprofiler, as ``[profiler]`` says."""

from collections.abc import Iterator
import contextlib
import logging
import socket

from oslo_config import cfg
from osprofiler.drivers import base as drivers
from osprofiler import initializer
from osprofiler import web

from nova_images_compat.api.pipeline import paste
from nova_images_compat import exception

PROJECT = 'nova_images_compat'
SERVICE = 'api'

# The default of the option, which everybody knows.
PUBLIC_KEY = 'SECRET_KEY'
MESSAGING = 'messaging:'

# They tell the connection string, and the password in it, at the start.
TALKATIVE = ('osprofiler.notifier', 'osprofiler.drivers.base')


def _make(
    application: paste.WSGIApplication, conf: cfg.ConfigOpts,
) -> paste.WSGIApplication:
    options = conf.profiler
    if not options.enabled:
        return application
    keys = {key.strip() for key in options.hmac_keys.split(',')} - {''}
    if not keys or PUBLIC_KEY in keys:
        raise exception.ConfigurationError(
            '[profiler] hmac_keys: it must name keys that not everybody '
            'knows')
    if options.connection_string.startswith(MESSAGING):
        raise exception.ConfigurationError(
            '[profiler] connection_string: this service has no part in '
            'oslo.messaging; name a server, such as redis://')
    with _kept_out_of_the_log(options.connection_string):
        _refuse_unknown_driver(conf)
        initializer.init_from_conf(
            conf, context={}, project=PROJECT, service=SERVICE,
            host=socket.gethostname())
    return web.WsgiMiddleware(
        application, hmac_keys=options.hmac_keys, enabled=True)


@contextlib.contextmanager
def _kept_out_of_the_log(secret: str) -> Iterator[None]:
    """Have osprofiler say nothing that names a secret."""
    def is_harmless(record: logging.LogRecord) -> bool:
        return not secret or secret not in record.getMessage()

    for name in TALKATIVE:
        logging.getLogger(name).addFilter(is_harmless)
    try:
        yield
    finally:
        for name in TALKATIVE:
            logging.getLogger(name).removeFilter(is_harmless)


def _refuse_unknown_driver(conf: cfg.ConfigOpts) -> None:
    try:
        drivers.get_driver(
            conf.profiler.connection_string, project=PROJECT,
            service=SERVICE, host=socket.gethostname(), conf=conf)
    except Exception as error:
        # Whatever a driver says of its URL, with the password in it.
        raise exception.ConfigurationError(
            '[profiler] connection_string: osprofiler cannot use it '
            f'({type(error).__name__})') from None


factory = paste.filter_factory(_make)
