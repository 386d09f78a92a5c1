# SPDX-License-Identifier: Apache-2.0

"""The upgrade checks of the Glance store: the Image service, the locks and the
cache."""

import functools
import uuid

from oslo_config import cfg

from nova_images_compat.conf import api
from nova_images_compat.conf import reader
from nova_images_compat import context as request_context
from nova_images_compat import exception
from nova_images_compat import identity
from nova_images_compat.image import base as image_base
from nova_images_compat.image import cache_region
from nova_images_compat.image.glance import client as glance_client
from nova_images_compat.image.glance import locks
from nova_images_compat.image.glance import schema

# Seconds.
REQUEST_TIMEOUT = 10.0
LOCK_TIMEOUT = 10
CACHE_LIFETIME = 60


def all_checks(conf: cfg.ConfigOpts) -> tuple[image_base.Check, ...]:
    """Return the checks of the Glance store.

    :param conf: the service's configuration
    """
    cache = (image_base.Check(
        'Image cache', functools.partial(_check_cache, conf)),)
    return (
        image_base.Check(
            'Image service', functools.partial(_check_service, conf)),
        image_base.Check('Locks', functools.partial(_check_locks, conf)),
        *(cache if conf.api.image_cache_time else ()))


def _check_service(conf: cfg.ConfigOpts) -> str:
    """Ask each server of the Image service for its schema of images."""
    client = glance_client.Client(conf)
    context = _own_context(conf)
    try:
        roots = client.endpoints.candidates(context)
    except exception.ImageStoreUnavailable:
        raise exception.CheckFailed(
            'The catalogue in the token of the user of '
            f'[{identity.GROUP}] has no endpoint that matches [glance] '
            'service_type, service_name, region_name and valid_interfaces.'
        ) from None
    problems = {root: _problem(client, context, root)
                for root in sorted(roots)}
    found = [f'{root}: {problem}' for root, problem in problems.items()
             if problem]
    if not found:
        return f'It has API v2 at {", ".join(problems)}.'
    error = exception.CheckWarning if len(found) < len(problems) else (
        exception.CheckFailed)
    raise error('; '.join(found))


def _own_context(conf: cfg.ConfigOpts) -> request_context.RequestContext:
    """Return the context of a request of the service's own user.

    :raises: IdentityUnavailable: Keystone issues no token
    """
    if conf.api.auth_strategy == api.KEYSTONE:
        return identity.OwnUser(conf).context()
    return request_context.RequestContext(overwrite=False)


def _problem(
    client: glance_client.Client, context: request_context.RequestContext,
    root: str,
) -> str | None:
    """Return what is wrong with a server of the Image service, or None."""
    try:
        answer = client.ask(context, root, schema.PATH, REQUEST_TIMEOUT)
        if answer.is_success and 'properties' in answer.document():
            return None
    except exception.Unauthorized:
        return 'it rejects the token, or requires one'
    except exception.BadGateway:
        return f'invalid response to GET {schema.PATH}'
    except exception.Unanswered as error:
        hint = '' if root.startswith('https:') else (
            '; if the server expects TLS, its URL must begin with https: '
            f'correct {client.endpoints.source}')
        return f'{exception.reason(error)}{hint}'
    except exception.APIError as error:
        return exception.reason(error)
    return f'no API v2: GET {schema.PATH} returned {answer.status}'


def _check_locks(conf: cfg.ConfigOpts) -> str:
    """Check the backend of the locks, and take a lock if it is a server."""
    image_locks = locks.ImageLocks(conf)
    image_locks.check()
    # A lock in a file would leave the file behind.
    if not image_locks.is_in_files:
        _take_lock(image_locks)
    if not reader.is_set(conf, 'backend_url', 'coordination'):
        raise exception.CheckWarning(
            '[coordination] backend_url is not set: hosts do not share their '
            'locks. Set it to a server that all hosts share or, for a single '
            'host, to its default.')
    return 'Metadata writes can lock their image.'


def _take_lock(image_locks: locks.ImageLocks) -> None:
    image_locks.timeout = min(image_locks.timeout, LOCK_TIMEOUT)
    try:
        with image_locks.hold(str(uuid.uuid4())):
            pass
    except exception.LockUnavailable as error:
        is_timeout = isinstance(error.__cause__, TimeoutError)
        reason = 'timed out waiting for the server' if is_timeout else (
            exception.reason(error))
        raise exception.CheckFailed(
            f'[coordination] backend_url: {reason}') from error


def _check_cache(conf: cfg.ConfigOpts) -> str:
    """Store something in the cache of [api] image_cache_time."""
    region = cache_region.Region(conf, CACHE_LIFETIME)
    if region.is_in_process:
        raise exception.CheckWarning(
            f'[api] image_cache_time: {cache_region.PER_PROCESS}.')
    if problem := region.find_problem():
        raise exception.CheckWarning(
            f'[cache]: {problem}. Without a cache that works, every read asks '
            'the Image service.')
    return 'The servers of [cache] keep images.'
