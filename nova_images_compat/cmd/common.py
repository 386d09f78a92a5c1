# SPDX-License-Identifier: Apache-2.0

"""How every command ends on an error that is the operator's to mend."""

from collections.abc import Callable
import contextlib
import functools
import sys

from nova_images_compat import exception


def reports_errors(
    main: Callable[..., int | None],
) -> Callable[..., int | None]:
    """Make a command end with one line on standard error, and exit status 1.

    :param main: the command's main function, which returns its exit status
    """
    @functools.wraps(main)
    def wrapper(*args: str) -> int | None:
        try:
            status = main(*args)
            sys.stdout.flush()
            return status
        except exception.OperatorError as error:
            print(f'nova-images-compat: {error}', file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            return 130
        except OSError as error:
            # Python is not to try again at its exit.
            with contextlib.suppress(OSError):
                sys.stdout.close()
            if isinstance(error, BrokenPipeError):
                return 0
            print(f'nova-images-compat: {error}', file=sys.stderr)
            return 1

    return wrapper
