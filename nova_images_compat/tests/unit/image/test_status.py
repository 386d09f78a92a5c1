# SPDX-License-Identifier: Apache-2.0

"""Tests of the statuses of images."""

from nova_images_compat.image import status
from nova_images_compat.tests import base


class StatusTest(base.TestCase):

    def test_how_each_status_is_shown(self) -> None:
        for own, shown, progress in (
                ('active', 'ACTIVE', 100),
                ('queued', 'SAVING', 25),
                ('saving', 'SAVING', 50),
                ('deleted', 'DELETED', 0),
                ('pending_delete', 'DELETED', 0),
                ('killed', 'ERROR', 0),
                ('deactivated', 'UNKNOWN', 0),
                ('importing', 'UNKNOWN', 0),
                ('uploading', 'UNKNOWN', 0),
                ('made-up', 'UNKNOWN', 0)):
            with self.case(own, shown, progress):
                self.assertEqual(shown, status.shown(own), own)
                self.assertEqual(progress, status.progress(own), own)

    def test_what_a_filter_selects(self) -> None:
        for wanted, selected in (
                ('ACTIVE', {'active'}), ('SAVING', {'queued', 'saving'}),
                ('DELETED', {'deleted', 'pending_delete'}),
                ('ERROR', {'killed'}),
                ('UNKNOWN', {'deactivated', 'importing', 'uploading'}),
                ('sAvInG', {'queued', 'saving'}), ('Active', {'active'}),
                ('Saving', {'queued', 'saving'}), ('error', {'killed'}),
                ('Deleted', {'deleted', 'pending_delete'}),
                ('unKnown', {'deactivated', 'importing', 'uploading'}),
                ('saving', {'saving'}), ('deleted', {'deleted'}),
                ('Queued', {'queued'}), ('KILLED', {'killed'}), ('', set()),
                ('active ', set()), ('made-up', set())):
            with self.case(wanted, selected):
                self.assertEqual(selected, status.statuses_of(wanted), wanted)

    def test_every_image_is_found_by_the_status_that_it_shows(self) -> None:
        for own in status.SHOWN_AS:
            with self.case(own):
                self.assertIn(own, status.statuses_of(status.shown(own)))
                self.assertEqual({own}, status.statuses_of(own))
