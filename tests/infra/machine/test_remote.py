"""A command to the machine, as Systems Manager answers it."""

from typing import Any

import pytest

from infra.machine import remote
from infra.machine.command_document import NOT_INSTALLED, OTHER_MACHINE
from infra.machine.instances import Instance
from infra.machine.remote import NotReadyError, OtherMachineError, Remote
from infra.release.errors import ReleaseError
from tests.infra.stubs import StubbedAws

REMOTE = Remote(group="machine", document="deploy")
INSTANCE = "i-0123456789abcdef0"
COMMAND = "11111111-2222-3333-4444-555555555555"
THERE = Instance(id=INSTANCE, in_service=True, outdated=False, has_address=True)


class Aws(StubbedAws):
    """Systems Manager."""

    def __init__(self) -> None:
        super().__init__("ssm")
        self.ssm = self.stubs["ssm"]

    def takes(self, command: str = "deploy", release: str = "releases/1.json", instead_of: str = "") -> None:
        expected = {
            "InstanceIds": [INSTANCE],
            "DocumentName": "deploy",
            "Parameters": {"command": [command], "release": [release], "insteadOf": [instead_of]},
            "TimeoutSeconds": 60,
            "Comment": f"release of the site: {command}",
        }
        self.ssm.add_response("send_command", {"Command": {"CommandId": COMMAND}}, expected)

    def says(self, status: str, output: str = "", error: str = "", **more: Any) -> None:
        answer = {"Status": status, "StandardOutputContent": output, "StandardErrorContent": error, **more}
        self.ssm.add_response("get_command_invocation", answer)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Aws:
    monkeypatch.setattr(remote, "POLL_SECONDS", 0)
    monkeypatch.setattr(remote, "serving_instance", lambda *_: INSTANCE)
    monkeypatch.setattr(remote, "instances", lambda *_: [THERE])
    return Aws()


def run(aws: Aws) -> str:
    return remote.run(aws.session, REMOTE, "deploy", "releases/1.json")


def test_the_commands_output_comes_back_when_it_is_over(aws: Aws) -> None:
    aws.takes()
    aws.ssm.add_client_error("get_command_invocation", "InvocationDoesNotExist")
    aws.says("InProgress")
    aws.says("Success", "green\n")
    assert run(aws) == "green"


def test_a_command_that_fails_says_what_the_machine_said(aws: Aws) -> None:
    aws.takes()
    aws.says("Failed", "", "the migration failed: exit code 1\n")
    with pytest.raises(ReleaseError, match=f"deploy on instance {INSTANCE} failed:\nthe migration failed: exit code 1"):
        run(aws)


def test_a_machine_whose_agent_has_not_reported_yet_is_waited_for(aws: Aws) -> None:
    aws.ssm.add_client_error("send_command", "InvalidInstanceId")
    aws.takes()
    aws.says("Success", "blue")
    assert run(aws) == "blue"


def test_a_machine_whose_first_boot_has_not_ended_is_waited_for(aws: Aws) -> None:
    aws.takes()
    aws.says("Failed", "", "The first boot has not ended. It said last:\napt", ResponseCode=NOT_INSTALLED)
    aws.takes()
    aws.says("Success", "blue")
    assert run(aws) == "blue"


def test_a_machine_that_is_never_ready_says_what_its_first_boot_said(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "LISTENING_SECONDS", -1)
    aws.takes()
    aws.says("Failed", "", "The first boot has failed. It said last:\nE: no docker.io", ResponseCode=NOT_INSTALLED)
    with pytest.raises(NotReadyError, match=r"no docker\.io"):
        run(aws)


def test_a_refusal_is_not_waited_for(aws: Aws) -> None:
    aws.ssm.add_client_error("send_command", "AccessDeniedException", "not you")
    with pytest.raises(ReleaseError, match=r"takes no commands.*not you"):
        run(aws)


def test_a_command_without_end_is_given_up(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "EXECUTION_SECONDS", -1)
    aws.takes()
    aws.says("InProgress")
    with pytest.raises(ReleaseError, match="is not done after -1 s"):
        run(aws)


def test_a_machine_that_works_on_is_waited_for_however_long_it_takes(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "LOOK_SECONDS", -1)
    aws.takes()
    aws.says("InProgress")
    aws.takes("status", "")
    aws.says("Success", '{"at_work": "deploy releases/1.json, since 12:00"}')
    aws.says("Success", "green")
    assert run(aws) == "green"


def test_a_machine_that_was_restarted_in_the_middle_is_noticed(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "LOOK_SECONDS", -1)
    aws.takes()
    aws.says("InProgress")
    aws.takes("status", "")
    aws.says("Success", '{"at_work": ""}')
    aws.says("InProgress")
    with pytest.raises(ReleaseError, match=r"does not work on deploy releases/1\.json any more: it was restarted"):
        run(aws)


def test_an_agent_that_dies_in_the_middle_is_noticed(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "LOOK_SECONDS", -1)
    aws.takes()
    aws.says("InProgress")
    aws.takes("status", "")
    aws.says("Pending")
    with pytest.raises(ReleaseError, match=r"agent of Systems Manager .* does not answer, so nobody knows how far"):
        run(aws)


def test_an_instance_that_went_away_is_noticed(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "LOOK_SECONDS", -1)
    monkeypatch.setattr(remote, "instances", lambda *_: [])
    aws.takes()
    aws.says("InProgress")
    with pytest.raises(ReleaseError, match="went away while it was told to deploy"):
        run(aws)


def test_a_release_for_another_machine_is_an_error_of_its_own(aws: Aws) -> None:
    aws.takes()
    aws.says("Failed", "", "the release is built for arm64", ResponseCode=OTHER_MACHINE)
    with pytest.raises(OtherMachineError, match=r"^the release is built for arm64$"):
        run(aws)


def test_a_command_that_ended_without_a_word_was_cut_off(aws: Aws) -> None:
    aws.takes()
    aws.says("Failed")
    with pytest.raises(ReleaseError, match="it was ended before it could say why: the machine was restarted"):
        run(aws)
