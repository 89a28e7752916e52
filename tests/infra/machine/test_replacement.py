"""A machine in place of another: the order, and what a failure leaves."""

from typing import Any, cast

import boto3
import pytest

from infra.machine import replacement
from infra.release.errors import ReleaseError


class Aws:
    """One group and one address; `comes_up` says whether a new machine takes the address."""

    def __init__(self, *, comes_up: bool = True) -> None:
        self.instances = ["i-old"]
        self.address = "i-old"
        self.comes_up = comes_up
        self.done: list[str] = []

    def client(self, _: str) -> "Aws":
        return self

    def describe_auto_scaling_groups(self, **_: Any) -> dict[str, Any]:
        return {"AutoScalingGroups": [{"Instances": [{"InstanceId": one} for one in self.instances]}]}

    def describe_addresses(self, **_: Any) -> dict[str, Any]:
        return {"Addresses": [{"InstanceId": self.address} if self.address else {}]}

    def set_desired_capacity(self, **asked: Any) -> None:
        self.done.append(f"want {asked['DesiredCapacity']}")
        self.instances.append("i-new")
        if self.comes_up:
            self.address = "i-new"

    def terminate_instance_in_auto_scaling_group(self, **asked: Any) -> None:
        assert asked["ShouldDecrementDesiredCapacity"] is True
        self.done.append(f"end {asked['InstanceId']} while {self.address} serves")
        self.instances.remove(asked["InstanceId"])


@pytest.fixture(autouse=True)
def _no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replacement, "POLL_SECONDS", 0)
    monkeypatch.setattr(replacement, "BOOT_SECONDS", 0)


def replace(aws: Aws) -> str:
    return replacement.replace(cast(boto3.Session, aws), "machine", "eipalloc-1", lambda _: None)


def test_the_old_machine_goes_when_the_new_one_has_the_address() -> None:
    aws = Aws()
    assert replace(aws) == "i-new"
    assert aws.done == ["want 2", "end i-old while i-new serves"]


def test_a_machine_that_does_not_come_up_goes_and_the_old_one_keeps_the_address() -> None:
    aws = Aws(comes_up=False)
    with pytest.raises(ReleaseError, match=r"did not come up on i-new.*start-session --target i-new"):
        replace(aws)
    assert aws.done == ["want 2", "end i-new while i-old serves"]
    assert aws.instances == ["i-old"]


def test_the_first_machine_is_waited_for_until_it_has_the_address() -> None:
    aws = Aws()
    assert replacement.wait_until_it_serves(cast(boto3.Session, aws), "machine", "eipalloc-1") == "i-old"


def test_a_group_that_starts_nothing_is_named() -> None:
    aws = Aws()
    aws.instances, aws.address = [], ""
    with pytest.raises(ReleaseError, match="auto scaling group machine started no machine"):
        replacement.wait_until_it_serves(cast(boto3.Session, aws), "machine", "eipalloc-1")
