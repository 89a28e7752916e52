"""What an entry's functions get: the inputs, the last known state, and boto3 clients."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from local.provider.clients import ACCOUNT, Clients
from local.provider.values import Values

Result = TypeVar("Result")


class CancelledError(Exception):
    """The operator asked the engine to stop."""


@dataclass
class Call:
    """One operation on one resource, or one call of a function."""

    clients: Clients
    token: str
    urn: str = ""
    id: str = ""
    """Physical id; empty in `create`, set everywhere else."""
    inputs: Values = field(default_factory=dict)
    """What the program asks for now (in `read` and `delete`: what it asked for last)."""
    old_inputs: Values = field(default_factory=dict)
    state: Values = field(default_factory=dict)
    """Last known outputs; while creating and updating, with the new inputs laid over them."""
    timeout: float = 0
    """Seconds from the resource's custom timeouts; 0 when none are set."""
    stop: threading.Event = field(default_factory=threading.Event)
    log: Callable[[str], None] = field(default=lambda _: None)
    """Shows a line of progress beside the resource while the operation runs."""

    @property
    def name(self) -> str:
        """The resource's logical name."""
        return self.urn.rsplit("::", 1)[-1]

    @property
    def region(self) -> str:
        """The region of this resource."""
        region = self.inputs.get("region") or self.state.get("region") or self.clients.region
        return str(region)

    @property
    def account(self) -> str:
        """The account's 12 digits."""
        return ACCOUNT

    def arn(self, service: str, resource: str) -> str:
        """`arn:aws:<service>:<region>:<account>:<resource>`."""
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"

    def aws(self, service: str) -> Any:
        """The boto3 client of a service in this resource's region."""
        return self.clients.get(service, self.region)

    def changed(self, *names: str) -> bool:
        """Whether any of these input properties differs from the last deployment."""
        return any(self.inputs.get(name) != self.old_inputs.get(name) for name in names)

    def params(self, same: str = "", **renamed: str) -> dict[str, Any]:
        """boto3 parameters out of the inputs: `params("cidrBlock", vpcId="Vpc")` gives CidrBlock and Vpc.

        Properties not set are left out; keys of nested objects get a capital too."""
        return to_boto(self.inputs, same, **renamed)

    def wait_for(
        self, ready: Callable[[], Result | None], what: str, seconds: float = 300, every: float = 0.5
    ) -> Result:
        """Ask until `ready` answers something true. Raises TimeoutError naming `what`; stops when cancelled."""
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
    """Wire properties as boto3 parameters; see `Call.params`."""
    names = {name: name[0].upper() + name[1:] for name in same.split()} | renamed
    return {boto: _capitalised(values[wire]) for wire, boto in names.items() if values.get(wire) is not None}


def from_boto(answer: Mapping[str, Any], same: str = "", **renamed: str) -> Values:
    """The opposite: `from_boto(vpc, "cidrBlock", arn="VpcArn")`. Keys the answer lacks are left out."""
    names = {name: name[0].upper() + name[1:] for name in same.split()} | renamed
    return {wire: _lowered(answer[boto]) for wire, boto in names.items() if answer.get(boto) is not None}


def _capitalised(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name[0].upper() + name[1:]: _capitalised(item) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_capitalised(item) for item in value]
    return value


def _lowered(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name[0].lower() + name[1:]: _lowered(item) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_lowered(item) for item in value]
    return value
