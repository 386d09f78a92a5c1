# SPDX-License-Identifier: Apache-2.0

"""The images of both servers.

Reads use the same images. For writes, each server has its own copies: twins.
"""

from collections.abc import Mapping
from collections.abc import Sequence
from concurrent import futures
import dataclasses
from typing import Any

from nova_images_compat.image import base as image_base
from nova_images_compat.tests.contract import replay
from nova_images_compat.tests.integration.differential import sender
from nova_images_compat.tests.integration import images
from nova_images_compat.tests.integration.stack import description

Image = dict[str, Any]

WRITING_METHODS = ('POST', 'PUT', 'PATCH', 'DELETE')

# Attributes that differ between twins.
OWN_ATTRIBUTES = {
    'id', 'file', 'self', 'created_at', 'updated_at', 'stores'}
# Attributes that no request can restore.
FIXED_ATTRIBUTES = image_base.IMAGE_ATTRIBUTES - OWN_ATTRIBUTES - {
    'name', 'min_disk', 'min_ram', 'protected', 'tags', 'visibility'}

# With more changes, a new twin is cheaper than restoring it.
MOST_CHANGES = 20

ABSENT = object()


@dataclasses.dataclass(frozen=True)
class Outcome:
    """The outcome of a request to one server.

    :ivar names: the values of the placeholders
    :ivar images: the images in the path as Glance has them afterwards, by
        alias; None: a deleted image
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
    """The images of the real Nova and of our service.

    :param glance: creates the images
    :param stack: describes the servers
    :param descriptions: the images, in the format of the contract
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
        """Send a request to both servers; a write uses their own twins."""
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
    """One server, and its twins."""

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
        """Return the id of a twin that nothing has changed."""
        if alias not in self._twins:
            image_id = self.glance.create(**self.descriptions[alias])
            image = self._look(image_id)
            assert image
            self._twins[alias] = image_id, image
        return self._twins[alias][0]

    def _look(self, image_id: str) -> Image | None:
        """Return an image without what differs between twins."""
        image = self.glance.find(image_id)
        return image and {
            key: value for key, value in image.items()
            if key not in OWN_ATTRIBUTES}

    def _restore(self, alias: str, found: Image | None) -> None:
        """Restore a twin, or forget it."""
        image_id, wanted = self._twins[alias]
        changed = [] if found is None else [
            key for key in found.keys() | wanted.keys()
            if found.get(key, ABSENT) != wanted.get(key, ABSENT)]
        if found is None or len(changed) > MOST_CHANGES or (
                not FIXED_ATTRIBUTES.isdisjoint(changed)) or any(
                images.is_rejected(key, wanted.get(key)) for key in changed):
            del self._twins[alias]
        elif changed:
            self.glance.update(
                image_id, [_operation(key, wanted) for key in changed])


def _operation(key: str, wanted: Image) -> dict[str, Any]:
    path = '/' + key.replace('~', '~0').replace('/', '~1')
    if key not in wanted:
        return {'op': 'remove', 'path': path}
    return {'op': 'add', 'path': path, 'value': wanted[key]}
