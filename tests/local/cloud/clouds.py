"""What tests of the embedded cloud share."""

import socket
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
