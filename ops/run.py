"""One run of the command line, from its arguments to its exit code; what a person can put right has no traceback."""

import os
import sys
from collections.abc import Sequence

from botocore.exceptions import BotoCoreError, ClientError

from infra.release.errors import ReleaseError
from ops.cli import app
from ops.errors import FAILED, INTERRUPTED, OpsError, in_words


def run(words: Sequence[str] | None = None) -> int:
    """The exit code."""
    try:
        app(args=None if words is None else list(words), prog_name="python -m ops")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else FAILED
    except OpsError as error:
        return _failed(str(error), error.exit_code)
    except ReleaseError as error:
        return _failed(str(error), FAILED)
    except (BotoCoreError, ClientError) as error:
        return _failed(in_words(error), FAILED)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader, such as `head`, has seen enough; Python would complain once more when it closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _failed(message: str, code: int) -> int:
    print(message, file=sys.stderr)  # noqa: T201 - the command line's own voice
    return code
