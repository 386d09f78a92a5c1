# SPDX-License-Identifier: Apache-2.0

"""``python -m nova_images_compat.cmd.openapi``: writes the OpenAPI document of
the images API."""

import argparse
import pathlib
import sys

from nova_images_compat.api.openapi import document
from nova_images_compat.cmd import common


@common.reports_errors
def main(*argv: str) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(
        prog='python -m nova_images_compat.cmd.openapi',
        description='Write the OpenAPI document of the images API.')
    parser.add_argument('file', type=pathlib.Path)
    parser.parse_args(argv or None).file.write_bytes(document.as_json())
    return 0


if __name__ == '__main__':
    sys.exit(main())
