# SPDX-License-Identifier: Apache-2.0

"""Images in the deployment's Image service."""

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from collections.abc import Set
import contextlib
import functools
import time
from typing import Any
from urllib import parse

import orjson
from oslo_config import cfg

from nova_images_compat import context as request_context
from nova_images_compat import exception
from nova_images_compat import identity
from nova_images_compat.image import base as image_base
from nova_images_compat.image.glance import answer as glance_answer
from nova_images_compat.image.glance import checks
from nova_images_compat.image.glance import client as glance_client
from nova_images_compat.image.glance import images
from nova_images_compat.image.glance import kept_answers
from nova_images_compat.image.glance import locks
from nova_images_compat.image.glance import patches
from nova_images_compat.image.glance import schema
from nova_images_compat import log

LOG = log.getLogger(__name__)

IMAGES = '/v2/images'

# Images per page.
PAGE_SIZE = 1000

# A change of metadata is tried once per delay: again if somebody else changed
# the image at the same time, and, after so many seconds, if no answer came.
WRITE_DELAYS = (0.5, 1.0, 1.0, 1.0, 1.0)

# The number of a page's last images that are tried as the marker of the next
# page, since any of them may have been deleted.
MAX_MARKERS = 10


class GlanceStore(image_base.ImageStore):
    """The images of the deployment's Image service.

    An image, a page of a list and a deletion take one request to it each; a
    change of metadata takes two, a read and a write.
    """

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self._conf = conf
        self.client = glance_client.Client(conf)
        self.answers = kept_answers.KeptAnswers(conf, self.client)
        self.schema = schema.ImageSchema(self.client)
        self.locks = locks.ImageLocks(conf)
        self.list_timeout: float = conf.glance.list_timeout

    @classmethod
    def checks(cls, conf: cfg.ConfigOpts) -> tuple[image_base.Check, ...]:
        return checks.all_checks(conf)

    def check(self) -> None:
        self.client.check(
            request_context.RequestContext(overwrite=False)
            if self.client.endpoints.servers else self._own_user.context())

    @functools.cached_property
    def _own_user(self) -> identity.OwnUser:
        """The service's own user, whose catalogue has the Image service.

        It is loaded late: in another service's pipeline, nothing needs it.
        """
        return identity.OwnUser(self._conf)

    def check_writes(self) -> None:
        self.locks.check()

    def public_root(
        self, context: request_context.RequestContext,
    ) -> str | None:
        return self.client.endpoints.public_root(context)

    def service_path(self, context: request_context.RequestContext) -> str:
        (root, *_) = self.client.endpoints.candidates(context)
        return parse.urlsplit(root).path

    def get(
        self, context: request_context.RequestContext, image_id: str,
    ) -> image_base.Image:
        answer = _checked(image_id, self.answers.image(
            context, _path(image_id), image_id))
        return _image(
            answer, _document(answer), self._attributes(context, answer))

    def list(
        self, context: request_context.RequestContext,
        query: image_base.ImageQuery,
    ) -> list[image_base.Image]:
        ends_at = time.monotonic() + self.list_timeout
        if image_base.selects_nothing(query):
            self._check_marker(context, query.marker, ends_at)
            return []
        request = images.ListRequest(query)
        found: dict[str, image_base.Image] = {}
        for page in self._pages(context, request, query, ends_at):
            found.update(
                (image.id, image) for image in page if request.selects(image))
            if query.limit is not None and len(found) >= query.limit:
                break
        return list(found.values())[:query.limit]

    def delete(
        self, context: request_context.RequestContext, image_id: str,
    ) -> None:
        deadline = self.client.deadline()
        answer = self.answers.write(
            context, 'DELETE', _path(image_id), image_id, None,
            deadline=deadline)
        if answer.status == 204 or (
                answer.status in (404, 410) and answer.is_repeated):
            return
        if answer.status == 403:
            raise exception.ImageDeleteNotAuthorized()
        if answer.status == 409:
            raise exception.ImageInUse()
        # Glance 33 answers 400 to a deletion while another one of the same
        # image is under way, here an earlier try.
        if answer.is_repeated and answer.status == 400 and (
                self._is_gone(context, image_id, deadline)):
            return
        raise _read_error(answer, image_id)

    def _is_gone(
        self, context: request_context.RequestContext, image_id: str,
        deadline: float,
    ) -> bool:
        try:
            self._read(context, image_id, deadline)
        except exception.ImageNotFound:
            return True
        return False

    def add_metadata(
        self, context: request_context.RequestContext,
        image_id: str, metadata: Mapping[str, str],
        check_count: image_base.CheckCount,
    ) -> dict[str, Any]:
        return image_base.decode_metadata(self._change(
            context, image_id, metadata,
            patches.addition(metadata, check_count)))

    def replace_metadata(
        self, context: request_context.RequestContext,
        image_id: str, metadata: Mapping[str, str],
        check_count: image_base.CheckCount,
    ) -> None:
        self._change(context, image_id, metadata,
                     patches.replacement(metadata, check_count))

    def remove_metadata(
        self, context: request_context.RequestContext, image_id: str, key: str,
    ) -> None:
        self._change(context, image_id, {}, patches.removal(key))

    def _read(
        self, context: request_context.RequestContext,
        image_id: str, deadline: float,
    ) -> glance_answer.Answer:
        """Get an image as it is now."""
        return _checked(image_id, self.client.call(
            context, 'GET', _path(image_id), deadline=deadline))

    def _check_marker(
        self, context: request_context.RequestContext,
        marker: str | None, ends_at: float,
    ) -> None:
        if marker is not None and self._page(
                context, images.ListRequest(image_base.ImageQuery()), 1,
                [marker], ends_at) is None:
            raise image_base.invalid_marker(marker)

    def _attributes(
        self, context: request_context.RequestContext,
        answer: glance_answer.Answer,
    ) -> Set[str]:
        return self.schema.attributes(context, answer.root)

    def _pages(
        self, context: request_context.RequestContext,
        request: images.ListRequest,
        query: image_base.ImageQuery, ends_at: float,
    ) -> Iterator[Sequence[image_base.Image]]:
        """Yield the pages of a list after the caller's marker.

        :param ends_at: when the whole list times out, on the monotonic clock
        """
        size = PAGE_SIZE if query.limit is None or request.is_partial else (
            min(PAGE_SIZE, query.limit))
        answer = self._page(
            context, request, size, [query.marker], ends_at)
        if answer is None:
            raise image_base.invalid_marker(query.marker)
        ends: set[str | None] = {query.marker}
        while True:
            document = answer.document()
            attributes = self._attributes(context, answer)
            page = [_image(answer, each, attributes)
                    for each in _images_of(answer, document)]
            yield page
            if not page or not document.get('next'):
                return
            if page[-1].id in ends:
                raise answer.invalid('the same page as before')
            ends.add(page[-1].id)
            last = [image.id for image in page[:-1 - MAX_MARKERS:-1]]
            answer = self._page(context, request, size, last, ends_at)
            if answer is None:
                raise exception.ImageStoreUnavailable()

    def _page(
        self, context: request_context.RequestContext,
        request: images.ListRequest, size: int,
        markers: Sequence[str | None], ends_at: float,
    ) -> glance_answer.Answer | None:
        """Return the page after the first marker that still exists; None if
        none does.

        :param size: the most images of the page
        :param markers: the ids of images, or None for the first page
        :param ends_at: when the whole list times out, on the monotonic clock
        """
        for marker in markers:
            parameters = {**request.parameters, 'limit': size}
            if marker is not None:
                parameters['marker'] = marker
            with self._until(ends_at):
                answer = self.answers.page(
                    context, IMAGES, parameters,
                    min(self.client.deadline(), ends_at))
            if answer.is_success:
                return answer
            if answer.status == 403:
                raise exception.ListNotAuthorized()
            if marker is None or answer.status not in (400, 404):
                raise answer.invalid('unexpected status')
        return None

    @contextlib.contextmanager
    def _until(self, ends_at: float) -> Iterator[None]:
        """Check that a list has not timed out, before and after a block.

        :param ends_at: when the whole list times out, on the monotonic clock
        :raises: ImageStoreUnavailable: it has timed out
        """
        try:
            if time.monotonic() < ends_at:
                yield
                return
        except exception.ImageStoreUnavailable:
            if time.monotonic() < ends_at:
                raise
        LOG.error('Timed out after %g seconds reading a list from the Image '
                  'service ([glance] list_timeout)', self.list_timeout)
        raise exception.ImageStoreUnavailable()

    def _change(
        self, context: request_context.RequestContext,
        image_id: str, sent: Mapping[str, str],
        change: patches.Change,
    ) -> dict[str, Any]:
        """Change an image's metadata, and return all of it afterwards.

        :param sent: the items that the caller sets
        :param change: makes the patch
        """
        is_repeated = False
        with self.locks.hold(image_id.lower()) as lock:
            deadline = self.client.deadline()
            for delay in WRITE_DELAYS:
                read = self._read(context, image_id, deadline)
                attributes = self._attributes(context, read)
                image_base.reject_reserved_keys(sent, attributes)
                patches.reject_unkept_keys(sent)
                document = _document(read)
                current = images.properties(document, attributes)
                operations = change(current, is_repeated)
                if not operations:
                    return current
                lock.check()
                try:
                    written = self._patch(
                        context, image_id, document.get('owner'), operations,
                        deadline)
                except exception.Unanswered:
                    # The Image service may still be writing, and would undo a
                    # change that is written before it is done.
                    if time.monotonic() + delay >= deadline:
                        raise
                    time.sleep(delay)
                    is_repeated = True
                    continue
                if written.is_success:
                    return images.properties(
                        _document(written), attributes)
                if written.status != 409:
                    raise _write_error(written, image_id)
        raise exception.MetadataConflict()

    def _patch(
        self, context: request_context.RequestContext, image_id: str,
        owner: object, operations: Sequence[patches.Operation],
        deadline: float,
    ) -> glance_answer.Answer:
        return self.answers.write(
            context, 'PATCH', _path(image_id), image_id, owner,
            deadline=deadline,
            may_repeat=False, body=orjson.dumps(operations),
            headers={'Content-Type': patches.MEDIA_TYPE})


def _path(image_id: str) -> str:
    """Return the path of an image.

    :raises: ImageNotFound: no image has such an id
    """
    image_base.check_image_id(image_id)
    return f'{IMAGES}/{parse.quote(image_id, safe="")}'


def _document(answer: glance_answer.Answer) -> dict[str, Any]:
    """Return the JSON of the image in an answer."""
    document = answer.document()
    if not isinstance(document.get('id'), str):
        raise answer.invalid('not an image')
    return document


def _checked(
    image_id: str, answer: glance_answer.Answer,
) -> glance_answer.Answer:
    if not answer.is_success:
        raise _read_error(answer, image_id)
    return answer


def _read_error(
    answer: glance_answer.Answer, image_id: str,
) -> exception.APIError:
    """Return the error for an answer 4xx to a request for an image."""
    if answer.status in (404, 410):
        return exception.ImageNotFound()
    if answer.status == 403:
        return exception.ImageNotAuthorized(image_id=image_id)
    return answer.invalid('unexpected status')


def _write_error(
    answer: glance_answer.Answer, image_id: str,
) -> exception.APIError:
    """Return the error for an answer 4xx to a patch."""
    if answer.status == 400:
        return exception.MetadataRejected(reason=answer.error_message())
    if answer.status == 413:
        return exception.MetadataLimitExceeded()
    return _read_error(answer, image_id)


def _image(
    answer: glance_answer.Answer, document: Mapping[str, Any],
    attributes: Set[str],
) -> image_base.Image:
    try:
        return images.image(document, attributes)
    except (KeyError, TypeError) as error:
        raise answer.invalid(f'not an image: {error!r}') from error


def _images_of(
    answer: glance_answer.Answer, document: Mapping[str, Any],
) -> Sequence[Mapping[str, Any]]:
    found = document.get('images')
    if not isinstance(found, list):
        raise answer.invalid('not a list of images')
    return found
