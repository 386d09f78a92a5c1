# SPDX-License-Identifier: Apache-2.0

"""Selects the pipeline that ``[api] auth_strategy`` names."""

from typing import Any

from nova_images_compat.api.pipeline import paste
from nova_images_compat import exception


def factory(
    loader: Any, global_conf: dict[str, Any], **pipelines: str,
) -> paste.WSGIApplication:
    """Make the pipeline: a paste.deploy composite factory.

    :param pipelines: for each strategy, the names of the filters and, as the
        last one, the name of the application
    :raises: ConfigurationError: the strategy has no pipeline
    """
    strategy = global_conf[paste.CONF_KEY].api.auth_strategy
    if not pipelines.get(strategy, '').strip():
        raise exception.ConfigurationError(
            f'[wsgi] api_paste_config {loader.filename}: there is no pipeline '
            f'for [api] auth_strategy {strategy}')
    *filters, name = pipelines[strategy].split()
    application = paste.get_app(loader, name, global_conf)
    for name in reversed(filters):
        application = paste.get_filter(
            loader, name, global_conf)(application)
    return application
