# SPDX-License-Identifier: Apache-2.0

"""Answers of the Image service that are used again for
``[api] image_cache_time``."""

from collections.abc import Mapping
from collections.abc import Sequence
import functools
import hashlib
import json
from typing import Any

from keystoneauth1 import exceptions as keystone_exception
import orjson
from oslo_config import cfg

from nova_images_compat import context as request_context
from nova_images_compat import identity
from nova_images_compat.image import cache
from nova_images_compat.image import cache_region
from nova_images_compat.image.glance import answer as glance_answer
from nova_images_compat.image.glance import client as glance_client
from nova_images_compat import log

LOG = log.getLogger(__name__)

# Clients poll for the end of these.
ON_THE_WAY = frozenset(('queued', 'saving', 'uploading', 'importing'))

# The generation of all lists.
LISTS = 'lists'


class KeptAnswers:
    """Asks the Image service, or uses its last answer to the same caller.

    :param conf: the service's configuration
    :param client: asks the Image service
    :raises: ConfigurationError: ``[cache]`` cannot be used
    """

    def __init__(
        self, conf: cfg.ConfigOpts, client: glance_client.Client,
    ) -> None:
        self._client = client
        self._cache: cache.Cache | None = None
        if conf.api.image_cache_time:
            self._cache = cache.Cache(conf)
            if self._cache.region.is_in_process:
                LOG.warning('[api] image_cache_time: %s',
                            cache_region.PER_PROCESS)
        self._sends_service_token = conf.service_user.send_service_user_token

    def image(
        self, context: request_context.RequestContext, path: str,
        image_id: str,
    ) -> glance_answer.Answer:
        """Get an image.

        :raises: as Client.call()
        """
        if self._cache is None:
            return self._client.call(context, 'GET', path)
        return self._get(
            self._cache, context, path, {}, self._client.deadline(),
            (_image(image_id),))

    def page(
        self, context: request_context.RequestContext, path: str,
        params: Mapping[str, str | int], deadline: float,
    ) -> glance_answer.Answer:
        """Get a page of a list.

        :param deadline: when the request times out, on the monotonic clock
        :raises: as Client.call()
        """
        if self._cache is None:
            return self._client.call(
                context, 'GET', path, params=params, deadline=deadline)
        return self._get(
            self._cache, context, path, params, deadline,
            (LISTS, _lists(context.project_id)))

    def write(
        self, context: request_context.RequestContext, method: str, path: str,
        image_id: str, owner: object, **kwargs: Any,
    ) -> glance_answer.Answer:
        """Send a request that changes an image.

        Afterwards, the answers that may have changed are not used any more.

        :param owner: the project of the image; None if it is not known
        :param kwargs: other arguments of Client.call()
        :raises: as Client.call()
        """
        if self._cache is None:
            return self._client.call(context, method, path, **kwargs)
        generations = {
            _image(image_id), _lists(context.project_id),
            _lists(owner) if isinstance(owner, str) else LISTS}
        try:
            answer = self._client.call(context, method, path, **kwargs)
            if not (answer.is_success or answer.is_repeated):
                # Nothing has changed; but if the image is gone, or changed
                # by others, show it.
                generations = {_image(image_id)}
            return answer
        finally:
            self._cache.end(generations)

    def _get(
        self, kept: cache.Cache, context: request_context.RequestContext,
        path: str, params: Mapping[str, str | int], deadline: float,
        generations: Sequence[str],
    ) -> glance_answer.Answer:
        roots = self._client.endpoints.servers or (
            self._client.endpoints.candidates(context))
        key = self._key(context, roots, path, params)
        fetch = functools.partial(
            self._fetch, context, path, params, deadline)
        if key is None:
            return fetch()[0]
        return kept.read(
            key, generations, deadline, functools.partial(_unpack, roots),
            fetch)

    def _fetch(
        self, context: request_context.RequestContext, path: str,
        params: Mapping[str, str | int], deadline: float,
    ) -> tuple[glance_answer.Answer, bytes | None]:
        answer = self._client.call(
            context, 'GET', path, params=params, deadline=deadline)
        if answer.status != 200 or not _is_settled(answer):
            return answer, None
        return answer, b'%b\n%b' % (answer.root.encode(), answer.body)

    def _key(
        self, context: request_context.RequestContext, roots: Sequence[str],
        path: str, params: Mapping[str, str | int],
    ) -> str | None:
        """Return a digest of all that an answer may depend on.

        These are the values that policy rules can use, and what restricts a
        token. A token itself is none of them: clients get new ones.

        :returns: None if the token is not valid
        """
        restrictions: Sequence[Any] = ()
        if context.user_auth is not None:
            try:
                access = context.user_auth.get_access(
                    self._client.endpoints.session)
                restrictions = (
                    access.trust_id,
                    getattr(access, 'application_credential_id', None),
                    getattr(
                        access, 'application_credential_access_rules', None))
            except (keystone_exception.ClientException,
                    *identity.INVALID_RESPONSE_ERRORS):
                return None
        return hashlib.sha256(json.dumps((
            sorted(roots), path, sorted(params.items()), restrictions,
            self._sends_service_token,
            context.user_id, context.user_domain_id,
            context.project_id, context.project_domain_id,
            context.domain_id, context.system_scope,
            sorted(context.roles), context.is_admin_project,
            context.service_user_id, context.service_user_domain_id,
            context.service_project_id, context.service_project_domain_id,
            sorted(context.service_roles),
        )).encode()).hexdigest()


def _image(image_id: str) -> str:
    """Return the generation of an image. Its id may be in any case."""
    return f'image {image_id.lower()}'


def _lists(project_id: object) -> str:
    """Return the generation of a project's lists."""
    return f'lists {project_id}'


def _is_settled(answer: glance_answer.Answer) -> bool:
    """Return whether an answer is valid, and has no image on its way."""
    try:
        document = orjson.loads(answer.body)
        images = document['images'] if 'images' in document else [document]
        return ON_THE_WAY.isdisjoint([image['status'] for image in images])
    except (LookupError, TypeError, ValueError):
        return False


def _unpack(
    roots: Sequence[str], value: bytes,
) -> glance_answer.Answer | None:
    root, _, body = value.partition(b'\n')
    server = root.decode('utf-8', 'replace')
    # Its schema is fetched with the caller's token.
    return glance_answer.Answer(server, 200, body) if server in roots else None
