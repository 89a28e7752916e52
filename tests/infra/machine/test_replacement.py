"""A machine in place of another: the order, and what a failure or a kill leaves."""

from dataclasses import replace as changed
from typing import Any, cast

import boto3
import pytest
from botocore.exceptions import ClientError

from infra.machine import replacement
from infra.machine.instances import Instance
from infra.machine.replacement import settle
from infra.release.errors import ReleaseError
from tests.infra.machine.fake_machine import TO

OLD = Instance(id="i-old", in_service=True, outdated=True, has_address=True)
NEW = Instance(id="i-new", in_service=True, outdated=False, has_address=False)


class Aws:
    """One group of at least one; `comes_up` says whether a new machine takes the address.

    What is ended stays listed as Terminating, with the address if it has it, and is refused a second end.
    """

    def __init__(self, *there: Instance, comes_up: bool = True) -> None:
        self.listed = list(there)
        self.leaving: set[str] = set()
        self.comes_up = comes_up
        self.done: list[str] = []

    @property
    def there(self) -> list[Instance]:
        """Those that stay."""
        return [one for one in self.listed if one.id not in self.leaving]

    def client(self, _: str) -> "Aws":
        return self

    def describe_auto_scaling_groups(self, **_: Any) -> dict[str, Any]:
        instances = [
            {"InstanceId": one.id, "LifecycleState": self._state(one), "HealthStatus": "Healthy"} for one in self.listed
        ]
        return {"AutoScalingGroups": [{"Instances": instances, "LaunchTemplate": {"Version": "2"}}]}

    def _state(self, one: Instance) -> str:
        return "Terminating" if one.id in self.leaving else "InService" if one.in_service else "Pending"

    def describe_addresses(self, **_: Any) -> dict[str, Any]:
        return {"Addresses": [{"InstanceId": one.id} for one in self.listed if one.has_address]}

    def describe_tags(self, **_: Any) -> dict[str, Any]:
        return {"Tags": [{"ResourceId": one.id, "Value": "1" if one.outdated else "2"} for one in self.listed]}

    def set_desired_capacity(self, **asked: Any) -> None:
        self.done.append(f"want {asked['DesiredCapacity']}")
        self.listed = [changed(one, has_address=one.has_address and not self.comes_up) for one in self.listed]
        self.listed.append(changed(NEW, id=self._fresh(), has_address=self.comes_up))

    def _fresh(self) -> str:
        number = sum(one.id.startswith(NEW.id) for one in self.listed)
        return f"{NEW.id}-{number + 1}" if number else NEW.id

    def terminate_instance_in_auto_scaling_group(self, **asked: Any) -> None:
        assert asked["ShouldDecrementDesiredCapacity"] is True
        serving = next((one.id for one in self.listed if one.has_address), "nobody")
        if asked["InstanceId"] in self.leaving or len(self.there) == 1:
            said: Any = {"Error": {"Code": "ValidationError", "Message": "the group would have less than its minimum"}}
            raise ClientError(said, "TerminateInstanceInAutoScalingGroup")
        self.done.append(f"end {asked['InstanceId']} while {serving} serves")
        self.leaving.add(asked["InstanceId"])


@pytest.fixture(autouse=True)
def _no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replacement, "POLL_SECONDS", 0)
    monkeypatch.setattr(replacement, "BOOT_SECONDS", 0)
    monkeypatch.setattr(replacement, "refuse_trouble", lambda *_: None)
    monkeypatch.setattr(replacement, "last_words", lambda *_: "E: Unable to locate package docker.io")


def settled(aws: Aws) -> str:
    return settle(cast(boto3.Session, aws), TO, lambda _: None)


def test_the_old_machine_goes_when_the_new_one_has_the_address() -> None:
    aws = Aws(OLD)
    assert settled(aws) == "i-new"
    assert aws.done == ["want 2", "end i-old while i-new serves"]


def test_a_machine_that_does_not_come_up_goes_and_the_old_one_keeps_the_address() -> None:
    aws = Aws(OLD, comes_up=False)
    with pytest.raises(ReleaseError, match=r"did not come up on i-new(.|\n)*Unable to locate(.|\n)*start-session"):
        settled(aws)
    assert aws.done == ["want 2", "end i-new while i-old serves"]
    assert aws.there == [OLD]


def test_after_a_failure_the_next_update_tries_again() -> None:
    aws = Aws(OLD, comes_up=False)
    with pytest.raises(ReleaseError):
        settled(aws)
    aws.comes_up = True
    assert settled(aws) == "i-new-2"


def test_a_machine_that_is_on_its_way_out_is_not_ended_again() -> None:
    aws = Aws(OLD)
    assert settled(aws) == settled(aws) == "i-new"
    assert aws.done == ["want 2", "end i-old while i-new serves"]


def test_a_machine_that_is_on_its_way_out_does_not_serve_though_it_has_the_address() -> None:
    aws = Aws(changed(NEW, id="i-dying", has_address=True), NEW)
    aws.leaving.add("i-dying")
    with pytest.raises(ReleaseError, match="did not come up on i-new"):
        settled(aws)
    assert aws.done == []
    aws.listed = [aws.listed[0], changed(NEW, has_address=True)]
    assert settled(aws) == "i-new"


def test_a_machine_that_its_group_is_about_to_replace_does_not_serve_though_it_has_the_address() -> None:
    aws = Aws(changed(NEW, id="i-sick", in_service=False, has_address=True), NEW)
    with pytest.raises(ReleaseError, match=r"did not come up on i-new, i-sick"):
        settled(aws)
    assert aws.done == []


def test_a_replacement_that_was_cut_off_is_brought_to_its_end() -> None:
    aws = Aws(changed(OLD, has_address=False), changed(NEW, has_address=True))
    assert settled(aws) == "i-new"
    assert aws.done == ["end i-old while i-new serves"]


def test_of_two_earlier_machines_the_one_without_the_address_makes_room() -> None:
    aws = Aws(OLD, changed(OLD, id="i-spare", has_address=False))
    assert settled(aws) == "i-new"
    assert aws.done == ["end i-spare while i-old serves", "want 2", "end i-old while i-new serves"]


def test_a_machine_of_the_present_template_is_left_alone() -> None:
    aws = Aws(changed(NEW, has_address=True))
    assert settled(aws) == "i-new"
    assert aws.done == []


def test_a_group_that_starts_nothing_is_named() -> None:
    with pytest.raises(ReleaseError, match="auto scaling group machine started no machine"):
        settled(Aws())


def test_the_only_machine_is_not_ended_because_it_does_not_come_up() -> None:
    aws = Aws(NEW)
    with pytest.raises(ReleaseError):
        settled(aws)
    assert aws.done == []
