# SPDX-License-Identifier: Apache-2.0

"""Tests of the JSON Patches that change metadata."""

from typing import Any
from unittest import mock

from nova_images_compat import exception
from nova_images_compat.image.glance import patches
from nova_images_compat.tests import base
from nova_images_compat.tests.unit.image.glance import glance_case

OWN = 'os_glance_failed_import'


def operation(op: str, path: str, *value: str) -> dict[str, str]:
    return {'op': op, 'path': path, **({'value': value[0]} if value else {})}


class AdditionTest(base.TestCase):

    def _add(
        self, items: dict[str, str], current: dict[str, Any],
        check_count: Any = glance_case.unlimited,
    ) -> list[dict[str, str]]:
        return patches.addition(items, check_count)(current, False)

    def test_adds_whatever_is_there(self) -> None:
        self.assertEqual(
            [operation('add', '/a', '1'), operation('add', '/b', '2')],
            self._add({'a': '1', 'b': '2'}, {'a': 'old', 'c': '3'}))

    def test_value_that_is_there_is_sent_but_not_twice(self) -> None:
        change = patches.addition(
            {'a': '1', 'b': '2'}, glance_case.unlimited)
        self.assertEqual(2, len(change({'a': '1'}, False)))
        self.assertEqual(
            [operation('add', '/b', '2')], change({'a': '1'}, True))

    def test_nothing_to_add(self) -> None:
        self.assertEqual([], self._add({}, {'a': '1'}))

    def test_own_key_of_the_image_service(self) -> None:
        """Only a new value is sent, for the image service to refuse."""
        self.assertEqual([], self._add({OWN: 'x'}, {OWN: 'x'}))
        for current in ({}, {OWN: 'y'}):
            with self.case(current):
                self.assertEqual(
                    [operation('add', f'/{OWN}', 'x')],
                    self._add({OWN: 'x'}, current))

    def test_count_is_that_of_all_keys(self) -> None:
        check = mock.Mock()
        self._add({'a': '', 'd': ''}, {'a': '', 'b': '', 'c': ''}, check)
        check.assert_called_once_with(4)

    def test_count_that_is_too_much(self) -> None:
        self.assertRaises(
            exception.MetadataLimitExceeded, self._add, {'a': ''}, {},
            mock.Mock(side_effect=exception.MetadataLimitExceeded))

    def test_pointers(self) -> None:
        for key, path in (
                ('a/b', '/a~1b'), ('a~b', '/a~0b'), ('~1', '/~01'),
                ('/', '/~1'), ('~/', '/~0~1'), ('', '/'), ('ä 漢', '/ä 漢')):
            with self.case(key, path):
                self.assertEqual(
                    [operation('add', path, 'v')], self._add({key: 'v'}, {}))


class UnkeptKeysTest(base.TestCase):

    def test_refused(self) -> None:
        for key in (*patches.NOT_KEPT, '__class__', 'get_payload'):
            with self.case(key):
                error = self.assertRaises(
                    exception.MetadataRejected, patches.reject_unkept_keys,
                    {'fine': '', key: ''})
                self.assertIn(f"'{key}'", str(error))

    def test_kept(self) -> None:
        patches.reject_unkept_keys({
            key: '' for key in (
                '__proto__', '__x__', '__x', 'x__', '_x_', 'Base',
                'kernel_id')})


class ReplacementTest(base.TestCase):

    def _replace(
        self, items: dict[str, str], current: dict[str, Any],
        check_count: Any = glance_case.unlimited,
    ) -> list[dict[str, str]]:
        return patches.replacement(items, check_count)(current, False)

    def test_difference(self) -> None:
        found = self._replace(
            {'same': '1', 'new': '2', 'changed': '3'},
            {'same': '1', 'changed': 'old', 'gone': '2', 'a/b': ''})
        self.assertCountEqual(
            [operation('remove', '/gone'), operation('remove', '/a~1b'),
             operation('add', '/new', '2'),
             operation('replace', '/changed', '3')], found)

    def test_no_difference(self) -> None:
        self.assertEqual([], self._replace({'a': '1'}, {'a': '1'}))
        self.assertEqual([], self._replace({}, {}))

    def test_own_keys_of_the_image_service_stay(self) -> None:
        self.assertEqual(
            [operation('remove', '/a')],
            self._replace({}, {OWN: 'x', 'a': ''}))
        self.assertEqual([], self._replace({OWN: 'x'}, {OWN: 'x'}))
        self.assertEqual(
            [operation('replace', f'/{OWN}', 'y')],
            self._replace({OWN: 'y'}, {OWN: 'x'}))

    def test_count_is_that_of_the_wanted(self) -> None:
        check = mock.Mock()
        self._replace({'a': ''}, {'b': '', 'c': ''}, check)
        check.assert_called_once_with(1)


class RemovalTest(base.TestCase):

    def test_item_that_is_there(self) -> None:
        for is_repeated in (False, True):
            with self.case(is_repeated):
                self.assertEqual(
                    [operation('remove', '/a~1')],
                    patches.removal('a/')({'a/': ''}, is_repeated))

    def test_item_that_is_not(self) -> None:
        self.assertRaises(
            exception.MetadataKeyNotFound, patches.removal('a'), {}, False)

    def test_item_that_an_earlier_try_removed(self) -> None:
        self.assertEqual([], patches.removal('a')({}, True))
