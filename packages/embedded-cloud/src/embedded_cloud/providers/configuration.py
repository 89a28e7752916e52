"""Provider configuration: region, default tags, and the boto3 clients of the embedded API."""

import json
import threading
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from embedded_cloud.config import REGION
from embedded_cloud.providers.values import Values


def region_of(settings: Values) -> str:
    """Region in the provider settings; empty when none is set."""
    region = settings.get("region")
    return region if isinstance(region, str) else ""


def default_tags(settings: Values) -> dict[str, str]:
    """Tags that every taggable resource gets, from `aws:defaultTags`."""
    tags = settings.get("defaultTags")
    # Nested provider settings travel as JSON text.
    parsed = json.loads(tags) if isinstance(tags, str) else tags
    inner = parsed.get("tags", {}) if isinstance(parsed, dict) else {}
    return {name: value for name, value in inner.items() if isinstance(value, str)}


# A client can be used by several threads; creating one is not thread-safe.
_CREATING = threading.Lock()


class Clients:
    """boto3 clients, one per service and region, shared by all threads."""

    def __init__(self, endpoint: str, region: str = REGION) -> None:
        self.endpoint = endpoint
        self.region = region
        self._clients: dict[tuple[str, str], Any] = {}

    def get(self, service: str, region: str | None = None) -> Any:
        """Client of `service`, in the provider's region unless another is named."""
        key = (service, region or self.region)
        with _CREATING:
            if key not in self._clients:
                self._clients[key] = self._make(*key)
            return self._clients[key]

    def _make(self, service: str, region: str) -> Any:
        return _session().client(
            service,  # type: ignore[call-overload] # the service is only known at run time
            region_name=region,
            endpoint_url=self.endpoint,
            aws_access_key_id="embedded",
            aws_secret_access_key="embedded",  # the embedded API checks none
            config=Config(
                retries={"total_max_attempts": 2},
                max_pool_connections=64,
                proxies={},
                s3={"addressing_style": "path"},
                parameter_validation=True,
            ),
        )


@cache
def _session() -> boto3.session.Session:
    # Shared by all packages, because each session reads megabytes of service descriptions.
    return boto3.session.Session()
