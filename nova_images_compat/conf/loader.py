# SPDX-License-Identifier: Apache-2.0

"""Makes the configuration object, of which there is one an application."""

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
import os
from typing import Any

from oslo_config import cfg

from nova_images_compat.conf import opts
from nova_images_compat import exception
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
    :param environ: ``OS_NOVA_IMAGES_COMPAT_CONFIG_FILES`` (paths separated
        by ``;``) or else ``OS_NOVA_IMAGES_COMPAT_CONFIG_DIR`` names the
        configuration; with neither, oslo.config's usual places do
    :param cli_opts: options of the command line beside oslo.config's own
    :returns: a configuration of its own; ``oslo_config.cfg.CONF`` is not
        involved
    :raises: ConfigurationError
    """
    conf = cfg.ConfigOpts()
    opts.register(conf)
    conf.register_cli_opts(cli_opts)
    try:
        conf(
            list(argv), project=PROJECT, version=version.version_string(),
            validate_default_values=True, **_places(environ))
    except cfg.ConfigFilesNotFoundError as error:
        raise exception.ConfigurationError(
            'configuration file not found or not readable: '
            f'{", ".join(error.config_files)}') from error
    except (cfg.Error, OSError) as error:
        raise exception.ConfigurationError(error) from error
    check_values(conf)
    return conf


def check_values(conf: cfg.ConfigOpts) -> None:
    """Read every option once, so that a bad value is found at the start.

    :param conf: a configuration that has been parsed
    :raises: ConfigurationError: which names the file and the option
    """
    for group, name in _option_names(conf):
        section = conf if group is None else getattr(conf, group)
        try:
            getattr(section, name)
        except (cfg.Error, ValueError) as error:
            place = conf.get_location(name, group)
            source = getattr(place, 'detail', None) or 'configuration'
            raise exception.ConfigurationError(
                f'{source}: [{group or "DEFAULT"}] {name}: '
                f'{_reason(error)}') from error


def _option_names(
    conf: cfg.ConfigOpts,
) -> Iterator[tuple[str | None, str]]:
    groups: list[str] = []
    for name in conf:
        if isinstance(getattr(conf, name, None), cfg.ConfigOpts.GroupAttr):
            groups.append(name)
        else:
            yield None, name
    for group in groups:
        for name in getattr(conf, group):
            yield group, name


def _reason(error: Exception) -> str:
    return str(error).rpartition(' is not valid: ')[2]


def _places(environ: Mapping[str, str]) -> dict[str, Any]:
    files = [
        name.strip() for name in environ.get(FILES_VARIABLE, '').split(';')
        if name.strip()]
    if files:
        return {'default_config_files': files, 'default_config_dirs': []}
    if environ.get(DIR_VARIABLE):
        return {'default_config_files': [],
                'default_config_dirs': [environ[DIR_VARIABLE]]}
    return {}
