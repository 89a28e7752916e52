"""boto3 clients for the emulated AWS, one per service and region."""

import threading
from typing import Any

import boto3
from botocore.config import Config

ACCOUNT = "123456789012"
"""The account of the embedded cloud."""


class Clients:
    """Makes each client once; clients are shared by all threads, which botocore allows."""

    def __init__(self, endpoint: str, region: str = "us-east-1") -> None:
        self.endpoint = endpoint
        self.region = region
        self._clients: dict[tuple[str, str], Any] = {}
        # Making a client is not thread-safe, using one is.
        self._lock = threading.Lock()

    def get(self, service: str, region: str | None = None) -> Any:
        """The client of `service`, in the provider's region unless another is named."""
        key = (service, region or self.region)
        with self._lock:
            if key not in self._clients:
                self._clients[key] = self._make(*key)
            return self._clients[key]

    def _make(self, service: str, region: str) -> Any:
        return boto3.session.Session().client(
            service,  # type: ignore[call-overload] # the service is only known at run time
            region_name=region,
            endpoint_url=self.endpoint,
            aws_access_key_id="embedded",
            aws_secret_access_key="embedded",  # the emulation checks none
            config=Config(
                retries={"total_max_attempts": 2},
                max_pool_connections=64,
                proxies={},
                s3={"addressing_style": "path"},
                parameter_validation=True,
            ),
        )
