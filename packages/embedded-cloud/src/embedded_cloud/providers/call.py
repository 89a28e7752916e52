"""Input of an entry's functions: properties, last known state, boto3 clients, and conversion between both spellings."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from embedded_cloud.config import ACCOUNT_ID
from embedded_cloud.providers.configuration import Clients
from embedded_cloud.providers.values import Values

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
        """Logical name of the resource."""
        return self.urn.rsplit("::", 1)[-1]

    @property
    def region(self) -> str:
        """Region of this resource."""
        region = self.inputs.get("region") or self.state.get("region") or self.clients.region
        return str(region)

    @property
    def account(self) -> str:
        """The account's 12 digits."""
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


def to_boto(values: Mapping[str, Any], same: str = "", **renamed: str) -> dict[str, Any]:
    """Properties as boto3 parameters: `to_boto(inputs, "cidrBlock", vpcId="Vpc")` gives CidrBlock and Vpc.

    Leaves out properties that are not set; keys of nested objects get a capital too."""
    names = {name: name[0].upper() + name[1:] for name in same.split()} | renamed
    return {boto: _respelled(values[wire], str.upper) for wire, boto in names.items() if values.get(wire) is not None}


def from_boto(answer: Mapping[str, Any], same: str = "", **renamed: str) -> Values:
    """The opposite: `from_boto(vpc, "cidrBlock", arn="VpcArn")`. Leaves out keys that the answer lacks."""
    names = {name: name[0].upper() + name[1:] for name in same.split()} | renamed
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
