# SPDX-License-Identifier: Apache-2.0

"""Measures servers that many clients poll while another client writes."""

from collections.abc import Mapping
import contextlib
import functools
from typing import Any

from nova_images_compat.tests.benchmark import services
from nova_images_compat.tests.benchmark import settings
from nova_images_compat.tests.benchmark import targets
from nova_images_compat.tests.benchmark import writer
from nova_images_compat.tests.benchmark import wrk
from nova_images_compat.tests.integration.stack import progress

# Nova is left out: with so many clients, it would take too long.
TARGETS = ('glance', 'service', 'cached')
REQUESTS = ('detail', 'show')


def measure(
    measured: services.Services, how: settings.Settings,
) -> dict[str, Any]:
    """Return the results of each request and server.

    All clients poll the same page, or the same image. Once a second, another
    client changes the metadata of that image, which is on that page.

    :returns: also the results of the writer (``writer.Writer.summarize``)
    """
    image_id = measured.targets['glance'].ids[-1]
    meter = measured.meter(TARGETS)
    found: list[dict[str, Any]] = []
    for request in REQUESTS:
        progress.say(f'polling: {request} ...')
        meter.warm_up(request)
        writers = {name: writer.Writer(image_id) for name in TARGETS}
        for cell in meter.measure(
                request, how.pollers, how.rounds,
                wrk.Length(how.polled_seconds), lambda: [image_id],
                functools.partial(_write_to, writers)):
            found.append(_add(cell, writers[cell['target']].summarize()))
    return {'pollers': how.pollers, 'cells': found}


def _write_to(
    writers: Mapping[str, writer.Writer], target: targets.Target,
) -> contextlib.AbstractContextManager[None]:
    return writers[target.name].writing(target)


def _add(cell: dict[str, Any], writes: dict[str, Any]) -> dict[str, Any]:
    return {
        **cell, **writes, 'errors': cell['errors'] + writes['write_errors'],
        'valid': cell['valid'] and not writes['write_errors']}
