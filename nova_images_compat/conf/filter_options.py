# SPDX-License-Identifier: Apache-2.0

"""Finds the configuration of the filter, in a process of another service's:
nova-api."""

from collections.abc import Mapping
import os

from oslo_config import cfg

from nova_images_compat.conf import reader
from nova_images_compat import exception

FILES = 'config_file'
DIRECTORIES = 'config_dir'

SECTION = '[filter:images_compat]'


def load(
    options: Mapping[str, str], host: cfg.ConfigOpts = cfg.CONF,
) -> cfg.ConfigOpts:
    """Read and check the configuration of the filter.

    :param options: those of its section in the paste file: ``config_file``
        and ``config_dir``, paths separated by ``;``. Without any, it reads
        what the other service reads.
    :param host: the configuration of the other service, which says what it
        was read from, and is not changed
    :raises: ConfigurationError
    """
    for name in options:
        if name not in (FILES, DIRECTORIES):
            raise exception.ConfigurationError(
                f'{SECTION} {name}: there is no such option; there are '
                f'{FILES} and {DIRECTORIES}')
        if not _split(options[name]):
            raise exception.ConfigurationError(
                f'{SECTION} {name}: it names nothing')
    for directory in _split(options.get(DIRECTORIES, '')):
        if not os.path.isdir(directory):
            raise exception.ConfigurationError(
                f'{SECTION} {DIRECTORIES}: there is no directory {directory}')
    if options:
        return reader.load_files(
            _split(options.get(FILES, '')),
            _split(options.get(DIRECTORIES, '')))
    try:
        return reader.load_files(host.config_file, host.config_dir)
    except cfg.NoSuchOptError as error:
        raise exception.ConfigurationError(
            f'{SECTION}: this process has read no configuration; name a '
            f'{FILES}') from error


def _split(paths: str) -> list[str]:
    return [path.strip() for path in paths.split(';') if path.strip()]
