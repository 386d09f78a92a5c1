# SPDX-License-Identifier: Apache-2.0

"""The catalogue: a store of images in the service's own database."""

from collections.abc import Callable
from collections.abc import Mapping
import datetime
import functools
from typing import Any
from typing import ParamSpec
from typing import TypeVar

from oslo_config import cfg
from oslo_db import api as db_api
import sqlalchemy as sa

from nova_images_compat import context as request_context
from nova_images_compat.db import driver_errors
from nova_images_compat.db import engine as db_engine
from nova_images_compat import exception
from nova_images_compat.image import base as image_base
from nova_images_compat.image.catalog import statements
from nova_images_compat import log
from nova_images_compat import native

LOG = log.getLogger(__name__)

Parameters = ParamSpec('Parameters')
Result = TypeVar('Result')

WRITE_RETRIES = 5

_retry_write = db_api.wrap_db_retry(
    max_retries=WRITE_RETRIES, retry_interval=0.05, inc_retry_interval=True,
    max_retry_interval=1, jitter=True, retry_on_deadlock=True,
    exception_checker=driver_errors.is_locked)


def _report_unavailable(
    method: Callable[Parameters, Result],
) -> Callable[Parameters, Result]:
    """Raise ImageStoreUnavailable if the database is not available."""
    @functools.wraps(method)
    def wrapper(
        *args: Parameters.args, **kwargs: Parameters.kwargs,
    ) -> Result:
        try:
            return method(*args, **kwargs)
        except Exception as error:
            if not driver_errors.is_unavailable(error):
                raise
            LOG.error('The database of the catalogue is not available '
                      '([database] connection): %s',
                      driver_errors.reason(error))
            raise exception.ImageStoreUnavailable() from error

    return wrapper


class CatalogStore(image_base.ImageStore):
    """The images in the database of ``[database] connection``."""

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self._databases = native.PerThread(lambda: db_engine.Database(conf))

    @property
    def database(self) -> db_engine.Database:
        """The database, with the connections of this thread."""
        return self._databases.get()

    @classmethod
    def checks(cls, conf: cfg.ConfigOpts) -> tuple[image_base.Check, ...]:
        return (image_base.Check(
            'Locks', lambda: 'Skipped: the embedded catalogue needs none.'),)

    @_report_unavailable
    def check(self) -> None:
        self.database.read(
            lambda connection: connection.execute(sa.select(1)))

    def public_root(
        self, context: request_context.RequestContext,
    ) -> str | None:
        return None

    @_report_unavailable
    def get(
        self, context: request_context.RequestContext, image_id: str,
    ) -> image_base.Image:
        image_base.check_image_id(image_id)
        row = self.database.read(
            lambda connection: statements.get(connection, context, image_id))
        return _image(row, row.properties)

    @_report_unavailable
    def list(
        self, context: request_context.RequestContext,
        query: image_base.ImageQuery,
    ) -> list[image_base.Image]:
        page = self.database.read(
            lambda connection: statements.list_page(
                connection, context, query))
        return [_image(row, row.properties if query.with_metadata else {})
                for row in page]

    @_report_unavailable
    @_retry_write
    def delete(
        self, context: request_context.RequestContext, image_id: str,
    ) -> None:
        image_base.check_image_id(image_id)
        with self.database.writer() as connection:
            statements.delete(connection, context, image_id)

    def add_metadata(
        self, context: request_context.RequestContext,
        image_id: str, metadata: Mapping[str, str],
        check_count: image_base.CheckCount,
    ) -> dict[str, Any]:
        image_base.reject_reserved_keys(metadata)

        def added(current: Mapping[str, str]) -> Mapping[str, str]:
            wanted = {**current, **metadata}
            check_count(len(wanted))
            return wanted

        return image_base.decode_metadata(dict(
            self._change_metadata(context, image_id, added)))

    def replace_metadata(
        self, context: request_context.RequestContext,
        image_id: str, metadata: Mapping[str, str],
        check_count: image_base.CheckCount,
    ) -> None:
        image_base.reject_reserved_keys(metadata)

        def replaced(current: Mapping[str, str]) -> Mapping[str, str]:
            check_count(len(metadata))
            return {**_service_items(current), **metadata}

        self._change_metadata(context, image_id, replaced)

    def remove_metadata(
        self, context: request_context.RequestContext, image_id: str, key: str,
    ) -> None:
        def reduced(current: Mapping[str, str]) -> Mapping[str, str]:
            if key not in current:
                raise exception.MetadataKeyNotFound()
            return {name: current[name] for name in current if name != key}

        self._change_metadata(context, image_id, reduced)

    @_report_unavailable
    @_retry_write
    def _change_metadata(
        self, context: request_context.RequestContext, image_id: str,
        change: statements.ChangeMetadata,
    ) -> Mapping[str, str]:
        image_base.check_image_id(image_id)

        def checked(current: Mapping[str, str]) -> Mapping[str, str]:
            wanted = change(current)
            if _service_items(wanted) != _service_items(current):
                raise exception.ImageNotAuthorized(image_id=image_id)
            return wanted

        with self.database.writer() as connection:
            return statements.change_metadata(
                connection, context, image_id, checked)


def _service_items(metadata: Mapping[str, str]) -> dict[str, str]:
    """Return the items that belong to the Image service itself."""
    return {key: value for key, value in metadata.items()
            if image_base.is_service_key(key)}


def _image(row: sa.Row, properties: dict[str, str]) -> image_base.Image:
    return image_base.Image(
        row.id, row.name, row.status, row.size, row.min_ram, row.min_disk,
        _isotime(row.created_at), _isotime(row.updated_at),
        image_base.decode_metadata(properties))


def _isotime(time: datetime.datetime) -> str:
    return time.isoformat(timespec='seconds') + 'Z'
