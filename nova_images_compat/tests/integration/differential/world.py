# SPDX-License-Identifier: Apache-2.0

"""The images that both servers are asked for, and twins of them to change."""

from collections.abc import Mapping
from collections.abc import Sequence
from concurrent import futures
import dataclasses
from typing import Any

import requests

from nova_images_compat.image import base as image_base
from nova_images_compat.tests.contract import replay
from nova_images_compat.tests.integration.differential import sender
from nova_images_compat.tests.integration import images
from nova_images_compat.tests.integration.stack import description

Image = dict[str, Any]

WRITING_METHODS = ('POST', 'PUT', 'PATCH', 'DELETE')

# What differs between twins.
OWN_ATTRIBUTES = {
    'id', 'file', 'self', 'created_at', 'updated_at', 'stores'}
# What no request changes back.
FIXED_ATTRIBUTES = image_base.IMAGE_ATTRIBUTES - OWN_ATTRIBUTES - {
    'name', 'min_disk', 'min_ram', 'protected', 'tags', 'visibility'}

# A new image is cheaper than more.
MOST_CHANGES = 20

ABSENT = object()


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What came of a request to one of the servers.

    :ivar names: what the placeholders stood for
    :ivar images: the images that it might have changed as Glance has them
        afterwards, by alias; None is one that is gone
    """

    answer: sender.Answer
    names: Mapping[str, str]
    images: Mapping[str, Image | None]


@dataclasses.dataclass(frozen=True)
class Exchange:
    """A request to both servers."""

    step: sender.Step
    nova: Outcome
    ours: Outcome


class World:
    """A set of images before the real Nova and our service.

    :param glance: where the images are put
    :param stack: the servers
    :param descriptions: the images, as in the contract
    """

    def __init__(
        self, glance: images.Images, stack: description.Description,
        descriptions: Sequence[Mapping[str, Any]],
    ) -> None:
        names = {
            'project': stack.users['member'].project_id,
            'other_project': stack.users['other'].project_id,
            'glance': stack.image_url,
            **glance.create_all(descriptions),
        }
        self.aliases = {str(each['as']): each for each in descriptions}
        self.sides = [
            _Side(glance, sender.Sender(url, glance.token), names,
                  self.aliases)
            for url in (stack.nova_url, stack.service_url)]

    def exchange(self, step: sender.Step) -> Exchange:
        """Send a request to both, a writing one each for a twin."""
        aliases = set()
        if step.get('method', 'GET') in WRITING_METHODS:
            placeholders = replay.PLACEHOLDER.findall(step['path'])
            aliases = self.aliases.keys() & {
                name.lower() for name in placeholders}
        with futures.ThreadPoolExecutor(2) as pool:
            nova, ours = pool.map(
                lambda side: side.exchange(step, sorted(aliases)), self.sides)
        return Exchange(step, nova, ours)


class _Side:
    """One server, with twins of its own."""

    def __init__(
        self, glance: images.Images, server: sender.Sender,
        names: Mapping[str, str],
        descriptions: Mapping[str, Mapping[str, Any]],
    ) -> None:
        self.glance = glance
        self.server = server
        self.names = names
        self.descriptions = descriptions
        self._twins: dict[str, tuple[str, Image]] = {}

    def exchange(
        self, step: sender.Step, aliases: Sequence[str],
    ) -> Outcome:
        ids = {alias: self._twin(alias) for alias in aliases}
        names = {**self.names, **ids}
        upper = {name.upper(): value.upper() for name, value in names.items()}
        address = self.server.address
        names.update(
            upper, compute=self.server.url,
            compute_by_https=f'https://{address}')
        answer = self.server.send(step, names)
        found = {alias: self._look(ids[alias]) for alias in aliases}
        for alias in aliases:
            self._restore(alias, found[alias])
        return Outcome(answer, names, found)

    def _twin(self, alias: str) -> str:
        """Return the id of an image that is as it is described."""
        if alias not in self._twins:
            image_id = self.glance.create(**self.descriptions[alias])
            image = self._look(image_id)
            assert image
            self._twins[alias] = image_id, image
        return self._twins[alias][0]

    def _look(self, image_id: str) -> Image | None:
        """Return an image without what is its own."""
        try:
            image = self.glance.show(image_id)
        except requests.HTTPError as error:
            if error.response is None or error.response.status_code != 404:
                raise
            return None
        return {key: value for key, value in image.items()
                if key not in OWN_ATTRIBUTES}

    def _restore(self, alias: str, found: Image | None) -> None:
        """Make a twin what it was before, or forget it."""
        image_id, wanted = self._twins[alias]
        changed = [] if found is None else [
            key for key in found.keys() | wanted.keys()
            if found.get(key, ABSENT) != wanted.get(key, ABSENT)]
        if found is None or len(changed) > MOST_CHANGES or (
                not FIXED_ATTRIBUTES.isdisjoint(changed)) or any(
                images.is_refused(key, wanted.get(key)) for key in changed):
            del self._twins[alias]
        elif changed:
            self.glance.update(
                image_id, [_operation(key, wanted) for key in changed])


def _operation(key: str, wanted: Image) -> dict[str, Any]:
    path = '/' + key.replace('~', '~0').replace('/', '~1')
    if key not in wanted:
        return {'op': 'remove', 'path': path}
    return {'op': 'add', 'path': path, 'value': wanted[key]}
