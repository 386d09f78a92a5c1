# SPDX-License-Identifier: Apache-2.0

"""The statuses of images: those of the stores (which are the Image service
API v2's), and those that the compute API shows."""

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
    """Return how the compute API calls a store's status."""
    return SHOWN_AS.get(status, DEFAULT)


def progress(status: str) -> int:
    """Return how far an image is, in percent."""
    return PROGRESS.get(status, 0)


def statuses_of(wanted: str) -> frozenset[str]:
    """Return the stores' statuses that a caller's status filter selects.

    What is written in lower case is first of all a store's own: "saving"
    selects that one alone.

    :param wanted: a status of the compute API, in any case, or one of a
        store
    :returns: empty if there is no such status
    """
    if wanted in SHOWN_AS:
        return frozenset({wanted})
    name = wanted.lower()
    named = {own for own, api in SHOWN_AS.items() if api.lower() == name}
    return frozenset(named or {name} & SHOWN_AS.keys())
