"""What Pulumi resource hooks share: requests outside the event loop, plain inputs, and lines in Pulumi's log."""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any, TypeVar, cast

import pulumi
from botocore.exceptions import BotoCoreError, ClientError

T = TypeVar("T")
_THREADS = ThreadPoolExecutor(16, thread_name_prefix="hooks")
"""Not the event loop's threads, six on a small machine, in which Pulumi waits for the engine. With `--parallel 1` the
engine waits for the hook, and a hook that waits for one of those threads never ends."""


class RequestFailed(pulumi.RunError):
    """AWS refused or did not answer a hook's request; Pulumi prints the message without a traceback."""


def reporter_of(urn: pulumi.Input[str], log: Callable[..., None] | None = None) -> Callable[[str], None]:
    """A function that logs a line beside the resource with this URN, by `pulumi.log.info` or `log`.

    Any thread may call it.
    """
    loop = asyncio.get_running_loop()
    # The log reads nothing else of a resource, and a hook has none.
    resource = cast(pulumi.Resource, SimpleNamespace(urn=pulumi.Output.from_input(urn)))

    def report(line: str) -> None:
        loop.call_soon_threadsafe(log or pulumi.log.info, line, resource)

    return report


async def in_thread(function: Callable[..., T], *arguments: Any) -> T:
    """Run a blocking function in a thread, so that the program can register other resources in the meantime.

    Raises RequestFailed instead of boto3's errors.
    """
    try:
        return await asyncio.get_running_loop().run_in_executor(_THREADS, function, *arguments)
    except (BotoCoreError, ClientError) as error:
        raise RequestFailed(
            f"A request to AWS failed: {error}\n"
            "Nothing is lost: check network and credentials, then run `pulumi up` again. It continues from here."
        ) from None


async def plain_inputs(inputs: Mapping[str, Any] | None) -> dict[str, Any]:
    """The inputs that the engine passes to a hook, with secrets in plain text."""
    return await pulumi.Output.from_input(dict(inputs or {})).future() or {}
