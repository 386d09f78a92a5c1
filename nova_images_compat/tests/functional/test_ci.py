# SPDX-License-Identifier: Apache-2.0

"""The scripts of CI."""

import pathlib
import subprocess

import fixtures

from nova_images_compat.tests import base

TOP = pathlib.Path(__file__).parents[3]

# Stands in for tools/test.sh: writes numbered lines, and ends with a status.
TEST = '''\
#!/usr/bin/env bash
for number in $(seq "$2"); do echo "$1 $number"; done
exit "$3"
'''

RUN = '''\
set -uo pipefail
RESULTS=results
source .ci/parts.sh
part style docs 100 1
part unit tests 10 0
part 'two words' short 2 3
echo END
show_failed_parts
echo "${#FAILED_PARTS[@]}"
'''


class PartsTest(base.TestCase):

    def test_a_failed_part_is_shown_again(self) -> None:
        top = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        (top / '.ci').symlink_to(TOP / '.ci')
        (top / 'tools').mkdir()
        script = top / 'tools/test.sh'
        script.write_text(TEST, 'utf-8')
        script.chmod(0o755)
        result = subprocess.run(
            ['bash', '-c', RUN], cwd=top, text=True, capture_output=True,
            check=True, timeout=60)
        streamed, _, shown = result.stdout.partition('END\n')
        self.assertEqual(
            [*(f'docs {number}' for number in range(1, 101)),
             *(f'tests {number}' for number in range(1, 11)),
             'short 1', 'short 2'], streamed.splitlines())
        self.assertEqual(
            ['=== Failed part: style (status 1); its last lines:',
             *(f'docs {number}' for number in range(61, 101)),
             '=== Failed part: two words (status 3); its last lines:',
             'short 1', 'short 2',
             '=== Failed part: style (status 1)',
             '=== Failed part: two words (status 3)', '2'],
            shown.splitlines())
