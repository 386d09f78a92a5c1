# SPDX-License-Identifier: Apache-2.0

"""Traces requests with osprofiler, as ``[profiler]`` configures."""

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

# The default of the option, which is public.
PUBLIC_KEY = 'SECRET_KEY'
MESSAGING = 'messaging:'

# The loggers that log the connection string, with its password, at the start.
LEAKY_LOGGERS = ('osprofiler.notifier', 'osprofiler.drivers.base')


def _make(
    application: paste.WSGIApplication, conf: cfg.ConfigOpts,
) -> paste.WSGIApplication:
    options = conf.profiler
    if not options.enabled:
        return application
    keys = {key.strip() for key in options.hmac_keys.split(',')} - {''}
    if not keys or PUBLIC_KEY in keys:
        raise exception.ConfigurationError(
            '[profiler] hmac_keys: the default is public; set keys of your '
            'own')
    if options.connection_string.startswith(MESSAGING):
        raise exception.ConfigurationError(
            '[profiler] connection_string: this service does not use '
            'oslo.messaging; set a server, such as redis://')
    with _hidden_from_log(options.connection_string):
        _check_driver(conf)
        initializer.init_from_conf(
            conf, context={}, project=PROJECT, service=SERVICE,
            host=socket.gethostname())
    return web.WsgiMiddleware(
        application, hmac_keys=options.hmac_keys, enabled=True)


@contextlib.contextmanager
def _hidden_from_log(secret: str) -> Iterator[None]:
    """Drop log messages of osprofiler that contain a secret."""
    def is_harmless(record: logging.LogRecord) -> bool:
        return not secret or secret not in record.getMessage()

    for name in LEAKY_LOGGERS:
        logging.getLogger(name).addFilter(is_harmless)
    try:
        yield
    finally:
        for name in LEAKY_LOGGERS:
            logging.getLogger(name).removeFilter(is_harmless)


def _check_driver(conf: cfg.ConfigOpts) -> None:
    try:
        drivers.get_driver(
            conf.profiler.connection_string, project=PROJECT,
            service=SERVICE, host=socket.gethostname(), conf=conf)
    except Exception as error:
        # The text of a driver's error may contain the password.
        raise exception.ConfigurationError(
            '[profiler] connection_string: osprofiler cannot use it '
            f'({type(error).__name__})') from None


factory = paste.filter_factory(_make)
