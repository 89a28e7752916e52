"""Commands of Systems Manager: the script that a document makes of its parameters, and how a command ends."""

import json
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.machine.command_document import command_document
from local.cloud.machine import waiting_commands
from local.cloud.machine.commands import CommandRunner, conclude, script
from local.cloud.server import EmbeddedCloud
from tests.local.cloud.clouds import client


@pytest.fixture(autouse=True)
def instances_carry_them_out() -> None:
    waiting_commands.apply()


def command(cloud: EmbeddedCloud, document: str, **parameters: list[str]) -> Any:
    ran = client(cloud, "ec2").run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1)["Instances"]
    client(cloud, "ssm").send_command(
        InstanceIds=[ran[0]["InstanceId"]], DocumentName=document, Parameters=parameters, TimeoutSeconds=30
    )
    return cloud.context.backend("ssm")._commands[-1]


def test_a_documents_parameters_are_put_into_its_script(cloud: EmbeddedCloud) -> None:
    client(cloud, "ssm").create_document(Name="deploy", DocumentType="Command", Content=command_document())
    sent = command(cloud, "deploy", command=["prepare"], release=["releases/1.json"])
    with cloud.context.lock:
        assert "/usr/local/sbin/preqly prepare releases/1.json" in script(cloud.context.backend("ssm"), sent)


def test_a_parameter_that_is_not_given_has_its_default(cloud: EmbeddedCloud) -> None:
    content = {
        "schemaVersion": "2.2",
        "parameters": {"who": {"type": "String", "default": "world"}},
        "mainSteps": [
            {"action": "aws:runShellScript", "name": "run", "inputs": {"runCommand": ["a", "echo {{ who }}"]}}
        ],
    }
    client(cloud, "ssm").create_document(Name="greet", DocumentType="Command", Content=json.dumps(content))
    assert script(cloud.context.backend("ssm"), command(cloud, "greet")) == "a\necho world"


def test_a_shell_script_is_run_as_it_is(cloud: EmbeddedCloud) -> None:
    sent = command(cloud, "AWS-RunShellScript", commands=["a {{ b }}", "c"])
    assert script(cloud.context.backend("ssm"), sent) == "a {{ b }}\nc"


@pytest.mark.parametrize(
    ("other", "code", "status"), [("Success", 0, "Success"), ("Success", 1, "Failed"), ("InProgress", 1, "InProgress")]
)
def test_a_command_is_over_when_every_instance_is_done(other: str, code: int, status: str) -> None:
    sent = SimpleNamespace(status="InProgress", invocations=[{"Status": other}, {"Status": "InProgress"}])
    conclude(sent, sent.invocations[1], code, "out", "error")
    assert sent.status == status
    assert sent.invocations[1]["StandardErrorContent"] == "error"


def test_a_command_of_a_document_that_does_not_exist_fails_and_says_so(cloud: EmbeddedCloud) -> None:
    sent = command(cloud, "no-such-document")
    running: Any = {sent.instance_ids[0]: SimpleNamespace(status="running")}
    runner = CommandRunner(cloud.context)
    runner.take(running)
    runner.close()
    assert sent.status == "Failed"
    assert "document no-such-document" in sent.invocations[0]["StandardErrorContent"]


def test_a_command_that_nobody_takes_in_time_is_not_delivered(cloud: EmbeddedCloud) -> None:
    sent = command(cloud, "AWS-RunShellScript", commands=["true"])
    runner = CommandRunner(cloud.context)
    hung: Any = {sent.instance_ids[0]: SimpleNamespace(status="paused")}
    runner.take(hung)
    assert sent.status == "Pending"
    sent.requested_date_time -= timedelta(seconds=31)
    runner.take(hung)
    runner.close()
    assert (sent.status, sent.invocations[0]["StatusDetails"]) == ("TimedOut", "DeliveryTimedOut")


def test_an_instance_that_has_ended_takes_no_command(cloud: EmbeddedCloud) -> None:
    sent = command(cloud, "AWS-RunShellScript", commands=["true"])
    client(cloud, "ec2").terminate_instances(InstanceIds=sent.instance_ids)
    with pytest.raises(ClientError, match="InvalidInstanceId"):
        client(cloud, "ssm").send_command(InstanceIds=sent.instance_ids, DocumentName="AWS-RunShellScript")
