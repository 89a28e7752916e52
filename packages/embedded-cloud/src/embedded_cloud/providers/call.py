"""Input of an entry's functions: properties, last known state, boto3 clients, and conversion between both spellings."""

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any, TypeVar

import boto3
from botocore.config import Config

from embedded_cloud.config import ACCOUNT_ID, REGION
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

    def __init__(self, endpoint: str, region: str = REGION, key: str = "embedded") -> None:
        """`key`: the access key; the embedded API checks no secret."""
        self.endpoint = endpoint
        self.region = region
        self._key = key
        self._clients: dict[tuple[str, str], Any] = {}

    def get(self, service: str, region: str | None = None) -> Any:
        """Client of `service`, in the provider's region unless another is named."""
        key = (service, region or self.region)
        with _CREATING:
            if key not in self._clients:
                self._clients[key] = self._make(*key)
            return self._clients[key]

    @cached_property
    def of_aws(self) -> "Clients":
        """Clients of AWS itself, which needs no permission of the deployer for what it checks."""
        return Clients(self.endpoint, self.region, key="aws")

    def _make(self, service: str, region: str) -> Any:
        return _session().client(
            service,  # type: ignore[call-overload] # the service is only known at run time
            region_name=region,
            endpoint_url=self.endpoint,
            aws_access_key_id=self._key,
            aws_secret_access_key=self._key,
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


Result = TypeVar("Result")


class CancelledError(Exception):
    """The operator cancelled the run."""


@dataclass
class Call:
    """One operation on one resource, or one call of a function."""

    clients: Clients
    token: str
    urn: str = ""
    id: str = ""
    """Physical id; empty in `create`, set everywhere else."""
    inputs: Values = field(default_factory=dict)
    """Inputs of this deployment (in `read` and `delete`: of the last one)."""
    old_inputs: Values = field(default_factory=dict)
    state: Values = field(default_factory=dict)
    """Last known outputs; in `create` and `update`, with the new inputs laid over them."""
    timeout: float = 0
    """Seconds from the resource's custom timeouts; 0 when none are set."""
    stop: threading.Event = field(default_factory=threading.Event)
    log: Callable[[str], None] = field(default=lambda _: None)
    """Shows a line of progress beside the resource while the operation runs."""

    @property
    def name(self) -> str:
        return self.urn.rsplit("::", 1)[-1]

    @property
    def region(self) -> str:
        region = self.inputs.get("region") or self.state.get("region") or self.clients.region
        return str(region)

    @property
    def account(self) -> str:
        return ACCOUNT_ID

    def arn(self, service: str, resource: str) -> str:
        """Format `arn:aws:<service>:<region>:<account>:<resource>`."""
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"

    def aws(self, service: str) -> Any:
        """boto3 client of a service in this resource's region."""
        return self.clients.get(service, self.region)

    def changed(self, *names: str) -> bool:
        """Whether any of these inputs differs from the last deployment."""
        return any(self.inputs.get(name) != self.old_inputs.get(name) for name in names)

    def params(self, same: str = "", **renamed: str) -> dict[str, Any]:
        """Inputs as boto3 parameters; see `to_boto`."""
        return to_boto(self.inputs, same, **renamed)

    def wait_for(
        self, ready: Callable[[], Result | None], what: str, seconds: float = 300, every: float = 0.5
    ) -> Result:
        """Call `ready` until it returns something true. Raises TimeoutError with `what`; ends when cancelled."""
        deadline = time.monotonic() + (self.timeout or seconds)
        while True:
            answer = ready()
            if answer:
                return answer
            if time.monotonic() > deadline:
                raise TimeoutError(f"{what}: not after {self.timeout or seconds:.0f} s")
            if self.stop.wait(every):
                raise CancelledError(f"{what}: stopped waiting, the run was cancelled")


def capital(name: str) -> str:
    """Convert `cidrBlock` to `CidrBlock`."""
    return name[0].upper() + name[1:]


def capitals(names: str) -> dict[str, str]:
    """boto3's names of these properties, by property."""
    return {name: capital(name) for name in names.split()}


def to_boto(values: Mapping[str, Any], same: str = "", **renamed: str) -> dict[str, Any]:
    """Properties as boto3 parameters: `to_boto(inputs, "cidrBlock", vpcId="Vpc")` gives CidrBlock and Vpc.

    Leaves out properties that are not set; keys of nested objects get a capital too."""
    names = capitals(same) | renamed
    return {boto: _respelled(values[wire], str.upper) for wire, boto in names.items() if values.get(wire) is not None}


def from_boto(answer: Mapping[str, Any], same: str = "", **renamed: str) -> Values:
    """The opposite: `from_boto(vpc, "cidrBlock", arn="VpcArn")`. Leaves out keys that the answer lacks."""
    names = capitals(same) | renamed
    return {wire: _respelled(answer[boto], str.lower) for wire, boto in names.items() if answer.get(boto) is not None}


def _respelled(value: Any, first: Callable[[str], str]) -> Any:
    if isinstance(value, Mapping):
        return {first(name[0]) + name[1:]: _respelled(item, first) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_respelled(item, first) for item in value]
    return value


def pick(values: Mapping[str, Any], same: str = "", **renamed: str) -> dict[str, Any]:
    """Properties as parameters of a service that writes `camelCase` itself (ECS, ECR, logs): renamed, not respelled."""
    names = {name: name for name in same.split()} | renamed
    return {theirs: values[ours] for ours, theirs in names.items() if values.get(ours) is not None}


def report(answer: Mapping[str, Any], same: str = "", **renamed: str) -> dict[str, Any]:
    """The opposite of `pick`; leaves out empty lists, objects and texts."""
    names = {name: name for name in same.split()} | renamed
    return {ours: answer[theirs] for ours, theirs in names.items() if answer.get(theirs) not in (None, "", [], {})}
