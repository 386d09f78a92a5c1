# SPDX-License-Identifier: Apache-2.0

"""No caller gets an answer of another one: random callers, images, members
and policies of the Image service, with the cache and without it."""

from collections.abc import Mapping
from collections.abc import Sequence
import dataclasses
from typing import Any

import hypothesis
from hypothesis import strategies
from keystoneauth1 import access
from keystoneauth1 import fixture as keystone_fixture
from keystoneauth1.identity import access as access_plugin

from nova_images_compat import context as request_context
from nova_images_compat import exception
from nova_images_compat.image import base as image_base
from nova_images_compat.image.glance import store as glance_store
from nova_images_compat.tests import fake_glance
from nova_images_compat.tests import fake_memcached
from nova_images_compat.tests.unit.image.glance import glance_case

EXAMPLES = 100

Read = int | Mapping[str, Any]

# Every image, and all of them.
WHOLE: tuple[Read, ...] = (0, 1, 2, {})

PROJECTS = ('project-1', 'project-2')
ROLES = ('reader', 'member', 'admin')


@dataclasses.dataclass(frozen=True)
class Caller:
    """Whose request it is; the fields are those of a token of FakeGlance."""

    user: str
    project: str
    roles: frozenset[str]
    scope: str
    credential: str

    @property
    def token(self) -> str:
        return ':'.join((self.user, self.project, ','.join(sorted(self.roles)),
                         self.scope, self.credential))

    @property
    def context(self) -> request_context.RequestContext:
        token = keystone_fixture.V3Token(user_id=self.user)
        if self.credential:
            token.set_application_credential(self.credential)
        return request_context.RequestContext(
            overwrite=False, auth_token=self.token, user_id=self.user,
            project_id=self.project, roles=list(self.roles),
            system_scope=self.scope or None,
            user_auth=access_plugin.AccessInfoPlugin(
                access.create(body=token, auth_token=self.token)))


@dataclasses.dataclass(frozen=True)
class Policy:
    """What the Image service shows to whom.

    :ivar attribute: callers with a value of this attribute see no images
    :ivar value: the value
    :ivar owner: except those of this project
    :ivar protected: callers without this role do not see the property "key"
    """

    attribute: str
    value: str
    owner: str | None
    protected: str | None

    def __call__(
        self, caller: fake_glance.Caller, image: fake_glance.Image,
    ) -> fake_glance.Image | None:
        if getattr(caller, self.attribute) == self.value and (
                self.owner != image['owner']):
            return None
        if self.protected and self.protected not in caller.roles.split(','):
            return {name: value for name, value in image.items()
                    if name != 'key'}
        return image


VALUES: dict[str, Any] = {
    'user': strategies.sampled_from(('user-1', 'user-2', 'admin')),
    'project': strategies.sampled_from(PROJECTS),
    'roles': strategies.frozensets(strategies.sampled_from(ROLES)),
    'scope': strategies.sampled_from(('', 'all')),
    'credential': strategies.sampled_from(
        ('', 'credential-1', 'credential-2'))}


@strategies.composite
def callers(draw: Any) -> list[Caller]:
    """Return callers that differ from the first in one thing each."""
    first = Caller(**{name: draw(values) for name, values in VALUES.items()})
    changed = draw(strategies.lists(
        strategies.sampled_from(list(VALUES)), min_size=2, max_size=4))
    return [first, *(
        dataclasses.replace(first, **{name: draw(VALUES[name])})
        for name in changed)]


images = strategies.fixed_dictionaries({
    'owner': strategies.sampled_from(PROJECTS),
    'visibility': strategies.sampled_from(
        ('public', 'community', 'shared', 'private')),
    'status': strategies.sampled_from((*['active'] * 9, 'saving')),
    'key': strategies.sampled_from(('a', 'b'))})
members = strategies.sets(strategies.sampled_from(PROJECTS))


@strategies.composite
def policies(draw: Any, who: Sequence[Caller]) -> Policy:
    """Return a policy that makes a difference to some of the callers."""
    attribute = draw(strategies.sampled_from([
        name for name in VALUES
        if len({getattr(caller, name) for caller in who}) > 1] or ['user']))
    value = getattr(draw(strategies.sampled_from(who)), attribute)
    return Policy(
        attribute, ','.join(sorted(value)) if attribute == 'roles' else value,
        draw(strategies.none() | strategies.sampled_from(PROJECTS)),
        draw(strategies.none() | strategies.sampled_from(ROLES)))


queries = strategies.sampled_from((
    {}, {}, {'limit': 1}, {'metadata': {'key': 'a'}}))
# Images by their numbers; the other reads are lists.
reads: Any = strategies.lists(
    strategies.integers(0, 1) | queries, min_size=2, max_size=4)


class IsolationTest(glance_case.StoreTestCase):

    def setUp(self) -> None:
        super().setUp()
        self.memcached = self.useFixture(fake_memcached.FakeMemcached())
        self.kept = self.make({
            'api': {'image_cache_time': 600},
            'cache': fake_memcached.OPTIONS})

    @hypothesis.settings(
        max_examples=EXAMPLES, deadline=None, database=None,
        suppress_health_check=list(hypothesis.HealthCheck))
    @hypothesis.given(strategies.data())
    def test_isolation(self, data: strategies.DataObject) -> None:
        """Each answer is the one of a service without the cache."""
        who = self._prepare(data)
        self._compare([
            (caller, what) for what in data.draw(reads) for caller in who])

    @hypothesis.settings(
        max_examples=EXAMPLES, deadline=None, database=None,
        suppress_health_check=list(hypothesis.HealthCheck))
    @hypothesis.given(strategies.data())
    def test_writes(self, data: strategies.DataObject) -> None:
        """Everybody sees the image after a write, and its project and the
        writer's see their lists.
        """
        who = self._prepare(data)
        other = self.make({
            'api': {'image_cache_time': 600},
            'cache': fake_memcached.OPTIONS})
        for step in range(data.draw(strategies.integers(1, 4))):
            for caller in who:
                for what in WHOLE:
                    self._answer(self.kept, caller, what)
            writer = data.draw(strategies.sampled_from(who))
            target = data.draw(strategies.integers(0, 2))
            owner = self.glance.images.get(
                self.ids[target], {}).get('owner')
            is_deletion = data.draw(strategies.booleans())
            self._write(other, writer, target, is_deletion, f'value-{step}')
            self._compare([(caller, target) for caller in who])
            self._compare([
                (caller, {}) for caller in who
                if is_deletion or caller.project in (owner, writer.project)])

    def _prepare(self, data: strategies.DataObject) -> list[Caller]:
        """Make images and a policy, and return some callers."""
        self.memcached.values.clear()
        self.glance.images.clear()
        self.ids = [
            self.glance.add(**data.draw(images)) for _ in range(3)]
        self.glance.members = {
            image_id: data.draw(members) for image_id in self.ids}
        who = data.draw(callers())
        self.glance.view = data.draw(policies(who))
        return who

    def _compare(
        self, asked: Sequence[tuple[Caller, Read]],
    ) -> None:
        """Ask with the cache and without it."""
        self.assertEqual(
            [(read, self._answer(self.store, *read)) for read in asked],
            [(read, self._answer(self.kept, *read)) for read in asked])

    def _answer(
        self, store: glance_store.GlanceStore, caller: Caller,
        what: Read,
    ) -> Any:
        """Return the image of a number, or a list, or the error."""
        try:
            if isinstance(what, int):
                return store.get(caller.context, self.ids[what])
            return store.list(
                caller.context, image_base.ImageQuery(**what))
        except exception.APIError as error:
            return repr(error)

    def _write(
        self, store: glance_store.GlanceStore, writer: Caller, target: int,
        is_deletion: bool, value: str,
    ) -> None:
        try:
            if is_deletion:
                store.delete(writer.context, self.ids[target])
            else:
                store.add_metadata(
                    writer.context, self.ids[target], {'key': value},
                    glance_case.unlimited)
        except exception.APIError:
            pass
