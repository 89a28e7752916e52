"""Run the command line and turn errors into messages and exit codes."""

import os
import sys
from collections.abc import Sequence

from botocore.exceptions import BotoCoreError, ClientError

from infra.provider.settings import ProviderSettingsError
from infra.release.reporting import ReleaseError
from ops.cli import app
from ops.errors import FAILED, INTERRUPTED, OpsError, describe


def run(words: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    try:
        app(args=None if words is None else list(words), prog_name="python -m ops")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else FAILED
    except OpsError as error:
        return _failed(str(error), error.exit_code)
    except (ProviderSettingsError, ReleaseError) as error:
        return _failed(str(error), FAILED)
    except (BotoCoreError, ClientError) as error:
        return _failed(describe(error), FAILED)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # `head` or another reader closed the pipe. Python would complain again when it flushes the stream at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _failed(message: str, code: int) -> int:
    print(message, file=sys.stderr)  # noqa: T201 - output of the command line
    return code
