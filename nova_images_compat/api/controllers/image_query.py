# SPDX-License-Identifier: Apache-2.0

"""Reads the query string of a request that lists images."""

import datetime
import re

from oslo_utils import timeutils

from nova_images_compat.api import wsgi
from nova_images_compat import exception
from nova_images_compat.image import base as image_base
from nova_images_compat.image import status

PROPERTY_PREFIX = 'property-'
METADATA_PARAMETERS = {
    'server': image_base.SERVER_KEY,
    'type': image_base.IMAGE_TYPE_KEY,
}

# A longer number is larger than any image or list, and int() may reject it.
MAX_DIGITS = 18
MORE_THAN_ANY = 10 ** MAX_DIGITS

# Databases join at most about 60 tables.
MAX_METADATA = 20


def from_request(
    req: wsgi.Request, max_limit: int, with_metadata: bool = False,
) -> image_base.ImageQuery:
    """Return the query that a request makes.

    :param req: a request whose query string matches the schema of the list
    :param max_limit: the maximum number of images in one page; 0: no maximum
    :param with_metadata: whether to read the images' metadata
    :raises: BadRequest: a parameter is invalid, or there are too many
    """
    parameters = req.parameters
    return image_base.ImageQuery(
        name=parameters.get('name'),
        statuses=_statuses(parameters),
        min_ram=_integer(parameters, 'minRam'),
        min_disk=_integer(parameters, 'minDisk'),
        changes_since=_time(parameters, 'changes-since'),
        metadata=_metadata(parameters),
        marker=parameters.get('marker') or None,
        limit=_limit(parameters, max_limit),
        with_metadata=with_metadata,
    )


def _statuses(parameters: dict[str, str]) -> frozenset[str] | None:
    wanted = parameters.get('status')
    return None if wanted is None else status.statuses_of(wanted)


def _integer(parameters: dict[str, str], name: str) -> int | None:
    value = parameters.get(name)
    if value is None:
        return None
    if not re.fullmatch(r'-?[0-9]+', value):
        raise exception.InvalidParameter(
            name=name, value=value, reason='It must be an integer.')
    return int(value) if len(value) <= MAX_DIGITS else MORE_THAN_ANY


def _time(
    parameters: dict[str, str], name: str,
) -> datetime.datetime | None:
    value = parameters.get(name)
    if value is None:
        return None
    try:
        return timeutils.normalize_time(timeutils.parse_isotime(value))
    except (ValueError, OverflowError) as error:
        raise exception.InvalidParameter(
            name=name, value=value,
            reason='It must be a time in the notation of ISO 8601, such as '
                   '2026-01-31T12:00:00Z.') from error


def _metadata(parameters: dict[str, str]) -> dict[str, str]:
    wanted: dict[str, str] = {}
    for name, value in parameters.items():
        if name.startswith(PROPERTY_PREFIX):
            wanted[name.removeprefix(PROPERTY_PREFIX)] = value
        elif name in METADATA_PARAMETERS:
            wanted[METADATA_PARAMETERS[name]] = value
    if image_base.SERVER_KEY in wanted:
        # Clients may give the URL of the server.
        server = wanted[image_base.SERVER_KEY]
        wanted[image_base.SERVER_KEY] = server.rpartition('/')[2]
    if len(wanted) > MAX_METADATA:
        raise exception.BadRequest(
            reason=f'A list is filtered by at most {MAX_METADATA} metadata '
                   'items.')
    return wanted


def _limit(parameters: dict[str, str], max_limit: int) -> int | None:
    value = parameters.get('limit')
    if value is None:
        return None
    digits = value.lstrip('0')
    limit = int(digits) if len(digits) <= MAX_DIGITS else MORE_THAN_ANY
    return min(limit, max_limit) if max_limit else limit
