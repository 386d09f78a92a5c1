# SPDX-License-Identifier: Apache-2.0

"""Runs the parts of the benchmark, each with the servers that it needs."""

import contextlib
from typing import Any

from nova_images_compat.tests.benchmark import arguments
from nova_images_compat.tests.benchmark import catalogue
from nova_images_compat.tests.benchmark import machine
from nova_images_compat.tests.benchmark import plugin_filter
from nova_images_compat.tests.benchmark import polling
from nova_images_compat.tests.benchmark import profiles
from nova_images_compat.tests.benchmark import services
from nova_images_compat.tests.benchmark import standalone
from nova_images_compat.tests.benchmark import startup
from nova_images_compat.tests.integration.stack import interruption
from nova_images_compat.tests.integration.stack import progress
from nova_images_compat.tests.integration.stack import registry
from nova_images_compat.tests.integration.stack import running
from nova_images_compat.tests.integration.stack import stack


def run(wanted: arguments.Arguments, logs: str) -> dict[str, Any]:
    """Return the results of the wanted parts, by name, and the versions of the
    servers that were measured.

    :param logs: an existing directory for the servers' logs
    """
    results: dict[str, Any] = {'versions': machine.own_version()}
    with running.up(standalone.Standalone(logs)) as place:
        if 'startup' in wanted.parts:
            results['startup'] = startup.measure(place, wanted.how)
        if 'filter' in wanted.parts:
            results['filter'] = plugin_filter.measure(place)
        if 'catalogue' in wanted.parts:
            results['catalogue'] = catalogue.measure(
                place, wanted.how, _profiler(
                    wanted, place.account, place.stack.directory))
    if arguments.WITH_GLANCE & set(wanted.parts):
        progress.say('services: Keystone, Glance and Nova ...')
        with contextlib.ExitStack() as stacked:
            fixture = stacked.enter_context(running.up(
                stack.Stack(logs, interruption.ignore_signals)))
            results['versions'] |= machine.service_versions()
            measured = stacked.enter_context(running.up(
                services.Services(fixture, wanted.how)))
            if 'services' in wanted.parts:
                results['services'] = measured.measure(wanted.requests)
            if 'polling' in wanted.parts:
                results['polling'] = polling.measure(measured, wanted.how)
            profiler = _profiler(
                wanted, fixture.account, fixture.description.directory)
            if profiler:
                measured.profile(profiler)
    return results


def _profiler(
    wanted: arguments.Arguments, account: registry.Registry, directory: str,
) -> profiles.Profiler | None:
    if not wanted.profile:
        return None
    return profiles.Profiler(
        account, directory, wanted.output, wanted.how.profile_seconds)
