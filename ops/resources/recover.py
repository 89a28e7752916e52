"""Recover Pulumi's state after an interrupted run: its lock, its pending operations, and orphans in AWS."""

import json
import os
import re
import socket
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from rich.console import Console

from infra.naming import name_tag
from infra.release.reporting import Reporter
from ops.errors import OpsError, Refused
from ops.output import Confirm
from ops.project import ROOT
from ops.resources import orphans, retained
from ops.resources.orphans import Orphan
from ops.stack import refuse_other_account

SECONDS = 1800
"""Limit for one Pulumi command. A refresh reads every resource."""
SHOWN_LINES = 30
LOCKED = re.compile(r"the stack is currently locked by|Another update is currently in progress")
OWNER = re.compile(r"created by (?P<user>\S*)@(?P<host>\S+) \(pid (?P<pid>\d+)\) at (?P<at>\S+)")


@dataclass(frozen=True, kw_only=True)
class Recovered:
    """What was recovered, and what remains to do."""

    adopted: list[str]
    """Names of resources that the interrupted run created, which are in the state again."""
    forgotten: list[str]
    """Names of resources that the run had started to create and that AWS does not have."""
    orphans: list[Orphan] = field(default_factory=list)
    """Resources with this stack's tags that are not in the state, and should not be in AWS."""
    retained: list[Orphan] = field(default_factory=list)
    """Those that stay on purpose, such as the key of a snapshot, from an earlier stack of this name."""


def recover(session: boto3.Session, project: str, stack: str, confirm: Confirm, report: Reporter) -> Recovered:
    """Remove the lock, import created resources into the state, refresh it, and look for orphans.

    Calls `confirm` with the lock's owner before it removes the lock. Raises Refused while the owner runs on this
    machine, OpsError with Pulumi's message when a step fails.
    """
    _remove_lock(stack, confirm)
    exported = _export(stack)
    state = exported["deployment"] or {}
    refuse_other_account(session, _known(state))
    unknown = _of_this_stack(session, orphans.find(session, project, stack, _known(state)), state)
    pending = [one["resource"] for one in state.get("pending_operations") or [] if one["type"] == "creating"]
    created = {one["urn"]: found for one in pending if (found := _created(one, unknown, project, stack))}
    if created:
        _import(stack, _with_created(exported, created))
    report("Refreshing the state from AWS.")
    _succeed(stack, ["refresh", "--yes", "--skip-preview", "--suppress-outputs", "--clear-pending-creates"])
    left = orphans.find(session, project, stack, _known(_export(stack)["deployment"]))
    return Recovered(
        adopted=[_name(urn) for urn in created],
        forgotten=[_name(one["urn"]) for one in pending if one["urn"] not in created],
        orphans=[one for one in left if not one.retained],
        retained=[one for one in left if one.retained],
    )


def print_recovered(done: Recovered, console: Console) -> None:
    """Print what was recovered, the commands for orphans, and the next step."""
    lines = [f"Adopted: {name}, which the interrupted run had created." for name in done.adopted]
    lines += [
        f"Not found in AWS: {name}, which the interrupted run had started to create. `pulumi up` creates it."
        for name in done.forgotten
    ]
    if done.orphans:
        lines.append(
            "Orphans with this stack's tags, unknown to Pulumi. Check each one, and delete what is not needed:"
        )
        lines += [f"  {one.label or one.arn}: {one.delete}" for one in done.orphans]
    if done.retained:
        lines.append("Left on purpose when an earlier stack of this name was destroyed. Snapshots may need them:")
        lines += [f"  {one.label}: {one.arn}" for one in done.retained]
    lines.append("Next: pulumi up")
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)


def _of_this_stack(session: boto3.Session, unknown: Sequence[Orphan], state: dict[str, Any]) -> list[Orphan]:
    """Without what an earlier stack of this name left on purpose: nothing of it may be adopted, and later deleted."""
    start = retained.start_of(state)

    def is_ours(one: Orphan) -> bool:
        created = retained.created_at(session, orphans.kind_of(one.arn), one.arn) if one.retained else None
        return not one.retained or (start is not None and created is not None and created >= start)

    return [one for one in unknown if is_ours(one)]


def _created(resource: dict[str, Any], unknown: Sequence[Orphan], project: str, stack: str) -> Orphan | None:
    """The orphan that the creation of this resource left, by its tag Name; a schedule by its group and name."""
    label = name_tag(project, stack, _name(resource["urn"]))
    inputs = resource.get("inputs") or {}
    schedule = f"{inputs.get('groupName')}/{inputs.get('name')}"
    found = [
        one
        for one in unknown
        if one.kind.type == resource["type"] and (one.label == label if one.label else one.pulumi_id == schedule)
    ]
    return found[0] if len(found) == 1 else None


def _with_created(exported: dict[str, Any], created: dict[str, Orphan]) -> dict[str, Any]:
    """The state with the created resources under their IDs. The refresh reads their other properties.

    `pulumi refresh --import-pending-creates` would do this, but Pulumi 3.250 drops the resource.
    """
    state = exported["deployment"]
    pending = state["pending_operations"]
    adopted = [
        {**one["resource"], "id": created[one["resource"]["urn"]].pulumi_id, "outputs": {}}
        for one in pending
        if one["resource"]["urn"] in created
    ]
    left = [one for one in pending if one["resource"]["urn"] not in created]
    changed = {**state, "resources": [*(state.get("resources") or []), *adopted], "pending_operations": left}
    return {**exported, "deployment": changed}


def _remove_lock(stack: str, confirm: Confirm) -> None:
    """Remove the lock of an interrupted run. An import of the unchanged state shows whether there is a lock."""
    result = _import(stack, _export(stack), check=False)
    output = result.stderr + result.stdout
    if LOCKED.search(output):
        confirm(f"{_owner(output)}\nHas that run ended, and should its lock be removed?")
        _succeed(stack, ["cancel", "--yes"])
    elif result.returncode:
        raise OpsError(_failed(["stack", "import"], result))


def _import(stack: str, state: dict[str, Any], *, check: bool = True) -> "subprocess.CompletedProcess[str]":
    with tempfile.TemporaryDirectory(prefix="recover-") as folder:
        path = Path(folder) / "state.json"
        path.write_text(json.dumps(state))
        words = ["stack", "import", "--file", str(path)]
        return _succeed(stack, words) if check else _pulumi(stack, words)


def _owner(text: str) -> str:
    """Who holds the lock, and since when. Raises Refused when that process runs on this machine."""
    found = OWNER.search(text)
    if found is None:
        return "The stack is locked by another update. Pulumi's console shows who runs it."
    owner = f"process {found['pid']} of {found['user']} on {found['host']}, since {found['at']}"
    if found["host"] == socket.gethostname() and _is_running(int(found["pid"])):
        raise Refused(
            f"The stack is locked by {owner}, and that process is running. Wait for it, or stop it with Ctrl-C."
        )
    return f"The stack is locked by {owner}."


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _export(stack: str) -> dict[str, Any]:
    exported: dict[str, Any] = json.loads(_succeed(stack, ["stack", "export"]).stdout)
    return exported


def _known(state: dict[str, Any] | None) -> set[str]:
    """IDs and ARNs in the state."""
    resources = (state or {}).get("resources") or []
    return {one["id"] for one in resources if one.get("id")} | {
        arn for one in resources if isinstance(arn := (one.get("outputs") or {}).get("arn"), str)
    }


def _pulumi(stack: str, words: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    command = ["pulumi", *words, "--stack", stack, "--non-interactive"]
    try:
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False)
    except FileNotFoundError:
        raise OpsError(
            '`pulumi` is not on PATH. Install it; for the embedded cloud run eval "$(make -s env)".'
        ) from None
    except subprocess.TimeoutExpired:
        raise OpsError(f"`pulumi {words[0]}` did not end in {SECONDS} s. Run this again.") from None


def _succeed(stack: str, words: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    result = _pulumi(stack, words)
    if result.returncode:
        raise OpsError(_failed(words, result))
    return result


def _failed(words: Sequence[str], result: "subprocess.CompletedProcess[str]") -> str:
    output = [line for line in (result.stdout + result.stderr).splitlines() if line.strip()]
    # A failed operation is explained from here on.
    first = next((number for number, line in enumerate(output) if line.startswith("Diagnostics:")), 0)
    shown = "\n".join(output[first:][:SHOWN_LINES])
    return (
        f"`pulumi {words[0]}` ended with exit code {result.returncode}:\n{shown}\n"
        "Fix the cause, then run `python -m ops recover` again."
    )


def _name(urn: str) -> str:
    return urn.rpartition("::")[2]
