"""Commands of Systems Manager, really executed on the instances they were sent to."""

import json
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from docker.errors import DockerException
from docker.models.containers import Container
from moto.core.exceptions import JsonRESTError, ServiceException

from local.cloud.context import CloudContext

AT_ONCE = 4
OUTPUT_CHARACTERS = 24_000
"""What GetCommandInvocation gives of each of the two outputs."""
PENDING, IN_PROGRESS, SUCCESS, FAILED, TIMED_OUT = "Pending", "InProgress", "Success", "Failed", "TimedOut"
_PARAMETER = re.compile(r"\{\{\s*(\w+)\s*\}\}")


class CommandRunner:
    """Takes commands that wait, each in a thread."""

    def __init__(self, context: CloudContext) -> None:
        self._context = context
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="ssm-command")

    def take(self, containers: Mapping[str, Container]) -> None:
        """Start every invocation that waits for an instance which runs."""
        with self._context.lock:
            ssm = self._context.backend("ssm")
            for command, invocation in waiting(ssm):
                container = containers.get(invocation["InstanceId"])
                if container is None or container.status != "running":
                    give_up_late(command, invocation)
                    continue
                try:
                    text = script(ssm, command)
                except (JsonRESTError, ServiceException, KeyError, ValueError) as error:
                    # AWS refuses such a command when it is sent.
                    conclude(command, invocation, 1, "", f"document {command.document_name}: {error!r}")
                    continue
                invocation["Status"] = invocation["StatusDetails"] = command.status = IN_PROGRESS
                self._pool.submit(self._run, command, invocation, container, text)

    def close(self) -> None:
        """Take no more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _run(self, command: Any, invocation: dict[str, Any], container: Container, text: str) -> None:
        invocation["ExecutionStartDateTime"] = datetime.now(UTC).isoformat()
        try:
            code, (output, error) = container.exec_run(["/bin/bash", "-c", text], demux=True)
        except DockerException as problem:
            code, output, error = 1, b"", str(problem).encode()
        with self._context.lock:
            words = [(said or b"").decode(errors="replace") for said in (output, error)]
            conclude(command, invocation, code, *words)
            self._context.touch()


def waiting(ssm: Any) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Commands with invocations nobody has taken. Hold the lock."""
    for command in ssm._commands:
        for invocation in command.invocations:
            if invocation["Status"] == PENDING:
                yield command, invocation


def script(ssm: Any, command: Any) -> str:
    """The shell script of a command: its document's lines with the parameters put in. Hold the lock."""
    if command.document_name == "AWS-RunShellScript":
        return "\n".join(command.parameters["commands"])
    document = ssm.get_document(command.document_name, None, None, None)
    content = json.loads(document["Content"])
    values = {name: one.get("default", "") for name, one in content.get("parameters", {}).items()}
    values |= {name: given[0] for name, given in command.parameters.items()}
    lines = [line for step in content["mainSteps"] for line in step["inputs"]["runCommand"]]
    return "\n".join(_PARAMETER.sub(lambda found: str(values[found[1]]), line) for line in lines)


def give_up_late(command: Any, invocation: dict[str, Any]) -> None:
    """What becomes of a command that no agent has taken within its `TimeoutSeconds`. Hold the lock."""
    waited = datetime.now(UTC) - command.requested_date_time.replace(tzinfo=UTC)
    if waited.total_seconds() > command.timeout_seconds:
        invocation |= {"Status": TIMED_OUT, "StatusDetails": "DeliveryTimedOut"}
        command.status = TIMED_OUT


def conclude(command: Any, invocation: dict[str, Any], code: int, output: str, error: str) -> None:
    """An invocation's end and, when it was the last one, the command's. Hold the lock."""
    status = SUCCESS if code == 0 else FAILED
    invocation |= {
        "ResponseCode": code,
        "Status": status,
        "StatusDetails": status,
        "StandardOutputContent": output[:OUTPUT_CHARACTERS],
        "StandardErrorContent": error[:OUTPUT_CHARACTERS],
        "ExecutionEndDateTime": datetime.now(UTC).isoformat(),
    }
    statuses = {one["Status"] for one in command.invocations}
    if not statuses & {PENDING, IN_PROGRESS}:
        command.status = SUCCESS if statuses == {SUCCESS} else FAILED
