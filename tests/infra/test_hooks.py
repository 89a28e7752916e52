"""What Pulumi resource hooks share: threads of their own, and errors of AWS without a traceback."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import EndpointConnectionError

from infra.hooks import RequestFailed, in_thread
from tests.event_loop import run_apart
from tests.infra.release.fake_aws import refusal


def test_a_hook_does_not_use_the_threads_in_which_pulumi_waits_for_it() -> None:
    ended = threading.Event()

    async def hook() -> str:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(1))
        waiting = loop.run_in_executor(None, ended.wait, 10)
        try:
            return await asyncio.wait_for(in_thread(lambda: "done"), 5)
        finally:
            ended.set()
            await waiting

    assert run_apart(hook()) == "done"


@pytest.mark.parametrize(
    "error", [EndpointConnectionError(endpoint_url="https://ecs"), refusal("ExpiredTokenException")]
)
def test_an_error_of_aws_ends_the_update_with_what_to_do(error: Exception) -> None:
    def request() -> None:
        raise error

    with pytest.raises(RequestFailed, match=r"A request to AWS failed: [\s\S]*run `pulumi up` again"):
        run_apart(in_thread(request))
