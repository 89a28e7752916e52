"""What tests of the embedded cloud share."""

import socket
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import boto3

from local.cloud.server import EmbeddedCloud

Start = Callable[..., EmbeddedCloud]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def client(cloud: EmbeddedCloud, service: str) -> Any:
    """A boto3 client of the cloud, as any tool would make it."""
    return _session().client(service, endpoint_url=cloud.endpoint)  # type: ignore[call-overload]


@lru_cache
def _session() -> boto3.Session:
    # Shared: each new one reads megabytes of service descriptions.
    return boto3.Session("test", "test", region_name="us-east-1")


def eventually(check: Callable[[], Any], seconds: float = 30.0) -> Any:
    """The first true value of `check`; fails when there is none in time."""
    deadline = time.monotonic() + seconds
    while not (value := check()):
        assert time.monotonic() < deadline, f"still not so after {seconds} s"
        time.sleep(0.1)
    return value
