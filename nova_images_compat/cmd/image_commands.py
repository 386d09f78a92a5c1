# SPDX-License-Identifier: Apache-2.0

"""``nova-images-compat-manage image``: manages the catalogue's images."""

import argparse
import sys
from typing import Any
from typing import BinaryIO

from oslo_config import cfg
import prettytable
import tqdm

from nova_images_compat.cmd import common
from nova_images_compat import context as request_context
from nova_images_compat.db import engine as db_engine
from nova_images_compat.db import models
from nova_images_compat import exception
from nova_images_compat.image import base as image_base
from nova_images_compat.image.catalog import records
from nova_images_compat.image.catalog import statements
from nova_images_compat.image.catalog import store as catalog_store

BATCH = 500

COLUMNS = ('id', 'name', 'status', 'visibility', 'owner', 'created_at')


def create(conf: cfg.ConfigOpts) -> None:
    """Add an image to the catalogue, and print its id."""
    arguments = conf.command
    properties = dict(_key_and_value(item) for item in arguments.property)
    for key in properties.keys() & image_base.IMAGE_ATTRIBUTES:
        raise exception.CommandError(
            f'--property {key}: it is an attribute of the image')
    attributes = {
        **properties,
        'id': arguments.id,
        'name': arguments.image_name,
        'owner': arguments.project,
        'visibility': arguments.visibility,
        'status': arguments.status,
        'protected': arguments.protected,
        'size': arguments.size,
        'min_ram': arguments.min_ram,
        'min_disk': arguments.min_disk,
    }
    record = records.record('image', attributes)
    _add(conf, [('image', record)])
    print(record.id)


def list_all(conf: cfg.ConfigOpts) -> None:
    """List all images of the catalogue, oldest first."""
    table = prettytable.PrettyTable(COLUMNS, align='l')
    with db_engine.Database(conf).reader() as connection:
        for record in statements.export(connection):
            table.add_row([getattr(record, column) for column in COLUMNS])
    print(table)


def show(conf: cfg.ConfigOpts) -> None:
    """Print an image as JSON."""
    with db_engine.Database(conf).reader() as connection:
        for record in statements.export(connection, conf.command.image):
            sys.stdout.buffer.write(records.line(record))
            return
    raise _no_image(conf.command.image)


def delete(conf: cfg.ConfigOpts) -> None:
    """Delete an image."""
    store = catalog_store.CatalogStore(conf)
    try:
        store.delete(request_context.get_admin_context(), conf.command.image)
    except exception.ImageNotFound as error:
        raise _no_image(conf.command.image) from error
    except exception.ImageDeleteNotAuthorized as error:
        raise exception.CommandError(
            f'image {conf.command.image} is protected') from error


def import_file(conf: cfg.ConfigOpts) -> None:
    """Import the images of a file, or none of them if there is an error."""
    name = conf.command.file
    try:
        with _open(name) as file:
            text = file.read()
    except OSError as error:
        raise exception.CommandError(f'{name}: {error.strerror}') from error
    try:
        read = [(place, records.record(place, attributes))
                for place, attributes in records.read(text)]
        _add(conf, read)
    except exception.InvalidImageRecord as error:
        raise exception.InvalidImageRecord(f'{name}: {error}') from error
    print(f'{len(read)} images imported')


def export(conf: cfg.ConfigOpts) -> None:
    """Print all images of the catalogue as JSON lines."""
    with db_engine.Database(conf).reader() as connection:
        for record in statements.export(connection):
            sys.stdout.buffer.write(records.line(record))
    sys.stdout.buffer.flush()


def share(conf: cfg.ConfigOpts) -> None:
    """Share an image, whose visibility is "shared", with a project."""
    arguments = conf.command
    database = db_engine.Database(conf)
    try:
        with database.writer() as connection:
            visibility = statements.share(
                connection, arguments.image, arguments.project,
                arguments.status)
    except exception.ImageNotFound as error:
        raise _no_image(arguments.image) from error
    if visibility != models.SHARED:
        raise exception.CommandError(
            f'image {arguments.image} cannot be shared: its visibility is '
            f'"{visibility}", not "{models.SHARED}"')


def _add(
    conf: cfg.ConfigOpts, placed: list[tuple[str, statements.Record]],
) -> None:
    _check_unique(placed)
    database = db_engine.Database(conf)
    progress = tqdm.tqdm(
        total=len(placed), unit=' images', disable=None, leave=False)
    with progress, database.writer() as connection:
        for start in range(0, len(placed), BATCH):
            batch = placed[start:start + BATCH]
            existing = statements.existing(
                connection, [record.id for _, record in batch])
            for place, record in batch:
                if record.id in existing:
                    raise exception.InvalidImageRecord(
                        f'{place}: image {record.id} already exists')
            statements.add(connection, [record for _, record in batch])
            progress.update(len(batch))


def _check_unique(placed: list[tuple[str, statements.Record]]) -> None:
    """Check that no two images have the same id.

    :raises: InvalidImageRecord: two have
    """
    first: dict[str, str] = {}
    for place, record in placed:
        if record.id in first:
            raise exception.InvalidImageRecord(
                f'{place}: image {record.id} is also at {first[record.id]}')
        first[record.id] = place


def _open(name: str) -> BinaryIO:
    return sys.stdin.buffer if name == '-' else open(name, 'rb')


def _key_and_value(item: str) -> tuple[str, str]:
    key, equals, value = item.partition('=')
    if not key or not equals:
        raise exception.CommandError(
            f'--property {item}: it must be KEY=VALUE')
    return key, value


def _no_image(image_id: str) -> exception.OperatorError:
    return exception.CommandError(f'there is no image {image_id}')


def add_parsers(subparsers: Any) -> None:
    """Add the commands of the group "image"."""
    group = common.group(
        subparsers, 'image', 'manage the images of the catalogue')
    _add_create_arguments(common.command(group, 'create', create))
    common.command(group, 'list', list_all)
    common.command(group, 'show', show).add_argument(
        'image', help='id of the image')
    common.command(group, 'delete', delete).add_argument(
        'image', help='id of the image')
    common.command(group, 'import', import_file).add_argument(
        'file', help='JSON lines with one image each, or a response of the '
        'Image service to GET /v2/images, or the output of "openstack image '
        'list --long -f json"; - means standard input')
    common.command(group, 'export', export)
    shared = common.command(group, 'share', share)
    shared.add_argument('image', help='id of the image')
    shared.add_argument('project', help='id of the project')
    shared.add_argument(
        '--status', choices=models.MEMBER_STATUSES, default=models.ACCEPTED,
        help='status of the member; only an accepted member sees the image '
             '(default: %(default)s)')


def _add_create_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        'image_name', metavar='NAME', help='name of the image')
    parser.add_argument('--id', help='UUID of the image (default: random)')
    parser.add_argument(
        '--project', help='id of the project that owns the image',
        required=True)
    parser.add_argument(
        '--visibility', choices=models.VISIBILITIES, default=models.SHARED,
        help='who can see the image (default: %(default)s)')
    parser.add_argument(
        '--status', default='active',
        help='status as in the Image service API (default: %(default)s)')
    parser.add_argument('--protected', action='store_true',
                        help='do not allow to delete the image')
    parser.add_argument('--size', type=int, default=0,
                        help='size in bytes (default: %(default)s)')
    parser.add_argument('--min-ram', type=int, default=0,
                        help='minimum RAM in MiB (default: %(default)s)')
    parser.add_argument('--min-disk', type=int, default=0,
                        help='minimum disk in GiB (default: %(default)s)')
    parser.add_argument('--property', action='append', default=[],
                        metavar='KEY=VALUE',
                        help='a metadata item; may be repeated')
