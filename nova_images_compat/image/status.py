# SPDX-License-Identifier: Apache-2.0

"""Converts the statuses of images.

The stores have the statuses of the Image service API v2. The API has statuses
of its own.
"""

SHOWN_AS = {
    'active': 'ACTIVE',
    'queued': 'SAVING',
    'saving': 'SAVING',
    'deleted': 'DELETED',
    'pending_delete': 'DELETED',
    'killed': 'ERROR',
    'deactivated': 'UNKNOWN',
    'importing': 'UNKNOWN',
    'uploading': 'UNKNOWN',
}
DEFAULT = 'UNKNOWN'

PROGRESS = {'queued': 25, 'saving': 50, 'active': 100}


def shown(status: str) -> str:
    """Return the API's status for a store's status."""
    return SHOWN_AS.get(status, DEFAULT)


def progress(status: str) -> int:
    """Return the progress of an image, in percent."""
    return PROGRESS.get(status, 0)


def statuses_of(wanted: str) -> frozenset[str]:
    """Return the stores' statuses that a status filter selects.

    A store's status in lower case selects only itself: "saving" does not
    select "queued", but "SAVING" does.

    :param wanted: a status of the API or of a store; case does not matter
    :returns: an empty set if there is no such status
    """
    if wanted in SHOWN_AS:
        return frozenset({wanted})
    name = wanted.lower()
    named = {own for own, api in SHOWN_AS.items() if api.lower() == name}
    return frozenset(named or {name} & SHOWN_AS.keys())
