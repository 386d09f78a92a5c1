# SPDX-License-Identifier: Apache-2.0

"""How much to measure."""

import dataclasses

# The number of connections for which the budgets are.
BUDGET_CONNECTIONS = 4


@dataclasses.dataclass(frozen=True)
class Settings:
    """How much to measure, and for how long.

    :ivar connections: numbers of wrk's connections, measured one by one
    :ivar rounds: number of slices of each server
    :ivar seconds: length of a slice
    :ivar long_requests: minimum number of requests in a slice that lists all
        images; each connection sends at least one
    :ivar deleted: number of images that are created for a slice of deletes
    :ivar pollers: number of clients that poll at the same time
    :ivar polled_seconds: length of a slice with pollers
    :ivar databases: for the catalogue
    :ivar sizes: of the catalogues, in images
    :ivar starts: how often the service is started
    :ivar profile_seconds: length of a profile
    """

    connections: tuple[int, ...]
    rounds: int
    seconds: int
    long_requests: int
    deleted: int
    pollers: int
    polled_seconds: int
    databases: tuple[str, ...]
    sizes: tuple[int, ...]
    starts: int
    profile_seconds: int


FULL = Settings(
    connections=(1, 4, 16), rounds=3, seconds=2, long_requests=4,
    deleted=800, pollers=50, polled_seconds=6,
    databases=('sqlite', 'mariadb'), sizes=(1_000, 10_000, 100_000),
    starts=5, profile_seconds=10)

MEDIUM = Settings(
    connections=(4,), rounds=3, seconds=2, long_requests=4, deleted=200,
    pollers=50, polled_seconds=3,
    databases=('sqlite',), sizes=(1_000, 10_000),
    starts=3, profile_seconds=10)

QUICK = Settings(
    connections=(4,), rounds=1, seconds=1, long_requests=4, deleted=100,
    pollers=10, polled_seconds=1,
    databases=('sqlite',), sizes=(1_000, 5_000),
    starts=1, profile_seconds=5)
