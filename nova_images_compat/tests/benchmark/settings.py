# SPDX-License-Identifier: Apache-2.0

"""How much is measured."""

import dataclasses

# The connections that the budgets speak of.
BUDGET_CONNECTIONS = 4


@dataclasses.dataclass(frozen=True)
class Settings:
    """How much is measured, and for how long.

    :ivar connections: of wrk, each number by itself
    :ivar rounds: the slices of each server
    :ivar seconds: of a slice
    :ivar long_requests: the requests of a slice that lists all images, at
        least; there is one for each connection, too
    :ivar deleted: the images that are made for a slice of deletes
    :ivar databases: that the catalogue is measured on
    :ivar sizes: of the catalogues, in images
    :ivar starts: of the service
    :ivar profile_seconds: how long a profile is taken for
    """

    connections: tuple[int, ...]
    rounds: int
    seconds: int
    long_requests: int
    deleted: int
    databases: tuple[str, ...]
    sizes: tuple[int, ...]
    starts: int
    profile_seconds: int


FULL = Settings(
    connections=(1, 4, 16), rounds=3, seconds=2, long_requests=4,
    deleted=800,
    databases=('sqlite', 'mariadb'), sizes=(1_000, 10_000, 100_000),
    starts=5, profile_seconds=10)

QUICK = Settings(
    connections=(4,), rounds=1, seconds=1, long_requests=4, deleted=100,
    databases=('sqlite',), sizes=(1_000, 5_000),
    starts=1, profile_seconds=5)
