# SPDX-License-Identifier: Apache-2.0

"""Finds the configuration of the filter in another service's process, such as
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

    :param options: the options of the filter's section in the paste file:
        ``config_file`` and ``config_dir``, paths separated by ``;``. Without
        any, the files of the other service are read.
    :param host: the configuration of the other service; it is not changed
    :raises: ConfigurationError: an option is unknown or empty, a file or
        directory is missing or not valid, or the other service has no files
    """
    for name in options:
        if name not in (FILES, DIRECTORIES):
            raise exception.ConfigurationError(
                f'{SECTION} {name}: there is no such option; the options are '
                f'{FILES} and {DIRECTORIES}')
        if not _split(options[name]):
            raise exception.ConfigurationError(
                f'{SECTION} {name}: it is empty')
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
            f'{SECTION}: this process has not read a configuration; set '
            f'{FILES}') from error


def _split(paths: str) -> list[str]:
    return [path.strip() for path in paths.split(';') if path.strip()]
