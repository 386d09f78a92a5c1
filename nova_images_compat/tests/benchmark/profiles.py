# SPDX-License-Identifier: Apache-2.0

"""Profiles a server's workers under load, with py-spy."""

from collections.abc import Mapping
from collections import Counter
import json
import os
import pathlib
import shutil
import sysconfig
import threading
from typing import Any

from nova_images_compat.tests.benchmark import settings
from nova_images_compat.tests.benchmark import targets
from nova_images_compat.tests.benchmark import wrk
from nova_images_compat.tests.integration.stack import errors
from nova_images_compat.tests.integration.stack import progress
from nova_images_compat.tests.integration.stack import registry

_FUNCTIONS = 40
_SAMPLES_A_SECOND = 200


def find_program() -> str:
    """Return the path of py-spy.

    :raises: StackError: if it is not installed
    """
    path = shutil.which('py-spy', path=sysconfig.get_path('scripts'))
    if path is None:
        raise errors.StackError(
            'py-spy is not installed in this environment; run "tox -e '
            'bench -- --profile"')
    return path


class Profiler:
    """Saves profiles, each as NAME.speedscope.json and NAME.txt.

    :param account: starts py-spy and wrk
    :param directory: an existing directory for their files
    :param output: an existing directory for the profiles
    :param seconds: of a profile
    """

    def __init__(
        self, account: registry.Registry, directory: str,
        output: pathlib.Path, seconds: int,
    ) -> None:
        self._account = account
        self._program = find_program()
        self._load = wrk.Wrk(account, directory)
        self._log = os.path.join(directory, 'py-spy.log')
        self._output = output
        self._seconds = seconds

    def take(
        self, target: targets.Target, request: str, name: str,
    ) -> None:
        """Profile the Python code that a server's workers run under load.
        Threads that wait are not in the profile.

        :param request: the name of the target's request
        :param name: of the profile
        """
        progress.say(f'profile: {name} ...')
        driver = threading.Thread(target=self._load.run, args=(
            target.url, target.token, target.asked[request],
            target.ids_of(request), settings.BUDGET_CONNECTIONS,
            wrk.Length(self._seconds + 1)))
        driver.start()
        path = self._output / f'{name}.speedscope.json'
        try:
            self._account.run(
                'py-spy',
                [self._program, 'record', '--pid', str(target.master),
                 '--subprocesses', '--gil', '--duration', str(self._seconds),
                 '--rate', str(_SAMPLES_A_SECOND), '--format', 'speedscope',
                 '--output', str(path)], self._log)
        finally:
            driver.join()
        (self._output / f'{name}.txt').write_text(
            render(json.loads(path.read_text())))


def render(profile: Mapping[str, Any]) -> str:
    """Return the functions that take the most time, as text.

    :param profile: in speedscope's format
    """
    frames = profile['shared']['frames']
    own: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for thread in profile['profiles']:
        for stack, weight in zip(thread['samples'], thread['weights']):
            names = [_name(frames[frame]) for frame in stack
                     if frames[frame].get('file')]
            own.update({name: weight for name in names[-1:]})
            for name in set(names):
                total[name] += weight
    whole = sum(own.values()) or 1
    return '\n\n'.join(
        '\n'.join((f'Percent of the time, {kind}', *(
            f'{100 * weight / whole:6.1f}  {name}'
            for name, weight in counts.most_common(_FUNCTIONS))))
        for kind, counts in (
            ("of the function's own", own),
            ('with what it calls', total))) + '\n'


def _name(frame: Mapping[str, Any]) -> str:
    file = frame['file'].rpartition('site-packages/')[2]
    return f'{frame["name"]} ({file})'
