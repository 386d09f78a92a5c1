# SPDX-License-Identifier: Apache-2.0

"""Tests of the filter that handles unexpected exceptions."""

from nova_images_compat.api.pipeline import fault_wrapper
from nova_images_compat.api import wsgi
from nova_images_compat.tests.unit import helpers


class FaultWrapperTest(helpers.FilterTestCase):

    factory = staticmethod(fault_wrapper.factory)

    def test_what_works_passes(self) -> None:
        self.assertEqual('reached', self.send(self.make()).text)

    def test_an_error_shows_no_internals(self) -> None:
        self.endpoint.error = RuntimeError('password=Geheim')
        answer = self.send(self.make())
        self.assertEqual(500, answer.status_int)
        self.assertEqual(['computeFault'], list(answer.json))
        self.assertEqual(500, answer.json['computeFault']['code'])
        self.assertNotIn('Geheim', answer.text)
        self.assertNotIn('RuntimeError', answer.text)

    def test_the_log_has_the_traceback_and_the_request(self) -> None:
        self.endpoint.error = RuntimeError('the reason')
        application = self.make()
        lines = self.log_lines(self.conf)
        self.send(application, path='/a%0Aforged', method='PUT', environ={
            wsgi.ENV_REQUEST_ID: 'req-7'})
        [entry] = lines
        self.assertIn("req-7: PUT '/a\\nforged'", entry)
        self.assertIn('RuntimeError: the reason', entry)

    def test_the_end_of_the_process_is_not_held_up(self) -> None:
        for kind in (SystemExit, KeyboardInterrupt):
            with self.case(kind.__name__):
                self.endpoint.error = kind()
                self.assertRaises(kind, self.send, self.make())
