# SPDX-License-Identifier: Apache-2.0

"""Picks the pipeline of ``[api] auth_strategy``."""

from typing import Any

from nova_images_compat.api.pipeline import paste


def factory(
    loader: Any, global_conf: dict[str, Any], **pipelines: str,
) -> paste.WSGIApplication:
    """Make the pipeline; a paste.deploy composite factory.

    :param pipelines: for each strategy, the names of the filters and, last,
        of the application
    :raises: LookupError: the strategy has no pipeline
    """
    strategy = global_conf[paste.CONF_KEY].api.auth_strategy
    if not pipelines.get(strategy, '').strip():
        raise LookupError(
            f'there is no pipeline for [api] auth_strategy {strategy}')
    *filters, name = pipelines[strategy].split()
    application = loader.get_app(name, global_conf=global_conf)
    for name in reversed(filters):
        application = loader.get_filter(
            name, global_conf=global_conf)(application)
    return application
