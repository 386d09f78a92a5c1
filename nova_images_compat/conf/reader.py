# SPDX-License-Identifier: Apache-2.0

"""Reads the configuration. Each application has its own object."""

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
import contextlib
import io
import os
import re
import sys
from typing import Any

from oslo_config import cfg
from oslo_log import log as logging

from nova_images_compat.conf import opts
from nova_images_compat import exception
from nova_images_compat import log
from nova_images_compat import version

PROJECT = 'nova-images-compat'
FILES_VARIABLE = 'OS_NOVA_IMAGES_COMPAT_CONFIG_FILES'
DIR_VARIABLE = 'OS_NOVA_IMAGES_COMPAT_CONFIG_DIR'


def load(
    argv: Sequence[str] = (),
    environ: Mapping[str, str] = os.environ,
    cli_opts: Sequence[cfg.Opt] = (),
) -> cfg.ConfigOpts:
    """Read and check the configuration.

    :param argv: command line arguments, without the program's name
    :param environ: environment variables:
        ``OS_NOVA_IMAGES_COMPAT_CONFIG_FILES`` (paths separated by ``;``) or
        else ``OS_NOVA_IMAGES_COMPAT_CONFIG_DIR``. With neither, oslo.config
        searches its usual places.
    :param cli_opts: command line options in addition to oslo.config's own
    :returns: a new object; ``oslo_config.cfg.CONF`` is neither read nor
        changed
    :raises: ConfigurationError: a file is missing or not readable, or a value
        is not valid
    """
    conf = cfg.ConfigOpts()
    opts.register(conf)
    logging.register_options(conf)
    conf.register_cli_opts(cli_opts)
    _read(conf, lambda: _parse(conf, list(argv), _places(environ)))
    return conf


def load_files(
    files: Sequence[str], directories: Sequence[str],
) -> cfg.ConfigOpts:
    """Read and check the configuration in a process of another service. Its
    log and its standard error are not changed.

    :param files: configuration files
    :param directories: directories of configuration files (``*.conf``), which
        are read after the files
    :raises: ConfigurationError: as load()
    """
    conf = cfg.ConfigOpts()
    opts.register(conf)
    _read(conf, lambda: _call(conf, [], {
        'default_config_files': list(files),
        'default_config_dirs': list(directories)}))
    return conf


def _read(conf: cfg.ConfigOpts, parse: Callable[[], None]) -> None:
    """Parse and check the configuration.

    :raises: ConfigurationError: as load()
    """
    try:
        parse()
    except cfg.ConfigFilesNotFoundError as error:
        raise exception.ConfigurationError(
            'configuration file not found or not readable: '
            f'{", ".join(error.config_files)}') from error
    except UnicodeDecodeError as error:
        raise exception.ConfigurationError(
            f'configuration files {_names(conf)}: not UTF-8: {error}'
        ) from error
    except (cfg.Error, OSError) as error:
        raise exception.ConfigurationError(error) from error
    check_values(conf)


def set_up_logging(conf: cfg.ConfigOpts) -> None:
    """Set up the log of a process of our own.

    :param conf: the service's configuration
    :raises: ConfigurationError: a file of the log cannot be used
    """
    try:
        logging.setup(conf, PROJECT)
    except (logging.LogConfigError, OSError) as error:
        raise exception.ConfigurationError(
            f'the log cannot be set up: {error}') from error
    log.report_unwritten_lines()


def _call(
    conf: cfg.ConfigOpts, argv: Sequence[str], places: Mapping[str, Any],
) -> None:
    conf(argv, project=PROJECT, version=version.version_string(),
         validate_default_values=True, **places)


def _parse(
    conf: cfg.ConfigOpts, argv: Sequence[str], places: Mapping[str, Any],
) -> None:
    """Parse, and raise an error for an invalid value on the command line.
    oslo.config would print it and exit.
    """
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            _call(conf, argv, places)
    except SystemExit as error:
        # oslo.config exits with 1; before 9.7, without a status.
        if error.code in (1, None):
            reason, said = said.getvalue(), io.StringIO()
            raise exception.ConfigurationError(reason) from error
        raise
    finally:
        sys.stderr.write(said.getvalue())


def is_set(conf: cfg.ConfigOpts, name: str, group: str) -> bool:
    """Say whether the operator set an option, whatever its value.

    :param name: the option
    :param group: its group
    """
    place = conf.get_location(name, group)
    return place is not None and place.location.is_user_controlled


def check_values(conf: cfg.ConfigOpts) -> None:
    """Read every option once, so that an invalid value is an error at the
    start.

    :param conf: a configuration that has been parsed
    :raises: ConfigurationError: a value is not valid; the message names the
        file and the option
    """
    for group, name in _option_names(conf):
        section = conf if group is None else conf[group]
        try:
            getattr(section, name)
        except (cfg.Error, ValueError) as error:
            place, reason = _place_and_reason(error)
            raise exception.ConfigurationError(
                f'{place}: [{group or "DEFAULT"}] {name}: {reason}'
            ) from error


def _option_names(
    conf: cfg.ConfigOpts,
) -> Iterator[tuple[str | None, str]]:
    for name in conf:
        try:
            value = conf[name]
        except (cfg.Error, ValueError):
            value = None
        if isinstance(value, cfg.ConfigOpts.GroupAttr):
            yield from ((name, option) for option in value)
        else:
            yield None, name


def _place_and_reason(error: Exception) -> tuple[str, str]:
    """Split oslo.config's message: only the message names the file."""
    place, _, reason = str(error).rpartition(' is not valid: ')
    found = re.search(r"detail='([^']*)'", place)
    return found[1] if found else 'configuration', reason


def _names(conf: cfg.ConfigOpts) -> str:
    return ', '.join(conf.default_config_files)


def _places(environ: Mapping[str, str]) -> dict[str, Any]:
    files = [
        name.strip() for name in environ.get(FILES_VARIABLE, '').split(';')
        if name.strip()]
    if files:
        return {'default_config_files': files, 'default_config_dirs': []}
    directory = environ.get(DIR_VARIABLE)
    if not directory:
        return {}
    if not os.path.isdir(directory):
        raise exception.ConfigurationError(
            f'{DIR_VARIABLE}: there is no directory {directory}')
    return {'default_config_files': [], 'default_config_dirs': [directory]}
