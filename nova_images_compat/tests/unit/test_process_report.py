# SPDX-License-Identifier: Apache-2.0

"""Tests of the report of a process."""

from nova_images_compat import exception
from nova_images_compat import process_report
from nova_images_compat.tests.unit import helpers

SCRIPT = '''
import os, signal, sys, threading
from nova_images_compat.conf import reader
from nova_images_compat import process_report

conf = reader.load(['--config-file', sys.argv[1]], environ={})
if sys.argv[2] == 'main':
    process_report.set_up(conf)
    os.kill(os.getpid(), signal.SIGUSR2)
else:
    thread = threading.Thread(target=process_report.set_up, args=[conf])
    thread.start()
    thread.join()
print('on it goes')
'''


class ReportTest(helpers.TestCase):

    def _run(self, thread: str) -> tuple[str, str]:
        config = self.configuration_of(
            '[database]\nconnection = mysql://me:hush@host/db\n'
            '[quota]\nmetadata_items = 77\n'
            '[profiler]\nconnection_string = redis://:hush@host\n')
        result = helpers.run_python(
            self.write('script.py', SCRIPT), config, thread)
        return result.stdout, result.stderr

    def test_report(self) -> None:
        stdout, stderr = self._run('main')
        self.assertEqual('on it goes\n', stdout)
        for part in ('nova-images-compat', 'Threads', 'metadata_items = 77',
                     'in <module>', 'script.py'):
            with self.case(part):
                self.assertIn(part, stderr)
        self.assertNotIn('hush', stderr)

    def test_trigger_that_is_not_there(self) -> None:
        conf = self.load_text(
            '[oslo_reports]\nfile_event_handler = /no/trigger\n')
        error = self.assertRaises(
            exception.ConfigurationError, process_report.set_up, conf)
        self.assertIn('[oslo_reports] file_event_handler', str(error))

    def test_threads_that_may_not_handle_signals(self) -> None:
        stdout, stderr = self._run('other')
        self.assertEqual(('on it goes\n', ''), (stdout, stderr))
