"""After a run that was killed: the lock it left, the operations it was in the middle of, and what nobody remembers."""

import json
import os
import re
import socket
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from rich.console import Console

from ops import orphans
from ops.errors import OpsError, Refused
from ops.orphans import Orphan
from ops.project import ROOT

SECONDS = 1800
"""A refresh reads every resource."""
SHOWN_LINES = 30
Ask = Callable[[str], None]
LOCKED = re.compile(r"the stack is currently locked by|Another update is currently in progress")
OWNER = re.compile(r"created by (?P<user>\S*)@(?P<host>\S+) \(pid (?P<pid>\d+)\) at (?P<at>\S+)")


@dataclass(frozen=True, kw_only=True)
class Recovered:
    """What was done, and what is left to a person."""

    adopted: list[str]
    """Names of resources that a killed run made and Pulumi knows now."""
    forgotten: list[str]
    """Names of resources that it had begun to make, of which AWS shows nothing."""
    orphans: list[Orphan] = field(default_factory=list)
    """In AWS with this stack's tags, and in no state."""


def recover(session: boto3.Session, project: str, stack: str, ask: Ask, tell: Callable[[str], None]) -> Recovered:
    """Give the lock back, tell Pulumi of what was made, read everything again, and look for the rest.

    `ask` is called with the owner of a lock before that is taken away, and raises when the answer is no. Raises
    Refused when the owner still runs on this machine, OpsError with Pulumi's own words when a step fails.
    """
    _take_lock_away(stack, ask)
    exported = _export(stack)
    state = exported["deployment"] or {}
    unknown = orphans.find(session, project, stack, _known(state))
    pending = [one["resource"] for one in state.get("pending_operations") or [] if one["type"] == "creating"]
    made = {one["urn"]: found for one in pending if (found := _made(one, unknown, project, stack))}
    if made:
        _import(stack, _with(exported, made))
    tell("Reading what exists.")
    _succeed(stack, ["refresh", "--yes", "--skip-preview", "--suppress-outputs", "--clear-pending-creates"])
    return Recovered(
        adopted=[_name(urn) for urn in made],
        forgotten=[_name(one["urn"]) for one in pending if one["urn"] not in made],
        orphans=orphans.find(session, project, stack, _known(_export(stack)["deployment"])),
    )


def print_recovered(done: Recovered, console: Console) -> None:
    """What was found, the commands for what is left, and the next step."""
    lines = [f"Pulumi knows now: {name}, which the killed run had made." for name in done.adopted]
    lines += [
        f"Not found: {name}. The killed run had begun to make it; `pulumi up` makes it, and says so if it is there."
        for name in done.forgotten
    ]
    if done.orphans:
        lines.append("In AWS with this stack's tags, and unknown to Pulumi. Look at each; what nobody needs, remove:")
        lines += [f"  {one.label or one.arn}: {one.delete}" for one in done.orphans]
    lines.append("Now: pulumi up")
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)


def _made(resource: dict[str, Any], unknown: Sequence[Orphan], project: str, stack: str) -> Orphan | None:
    """What the creation of this resource has left."""
    label = f"{project}-{stack}-{_name(resource['urn'])}"
    found = [one for one in unknown if one.label == label and one.kind.type == resource["type"]]
    return found[0] if len(found) == 1 else None


def _with(exported: dict[str, Any], made: dict[str, Orphan]) -> dict[str, Any]:
    """The state with what was made, under the ids that AWS knows; the refresh reads the rest.

    `pulumi refresh --import-pending-creates` is for this, but 3.250 forgets the resource."""
    state = exported["deployment"]
    pending = state["pending_operations"]
    adopted = [
        {**one["resource"], "id": made[one["resource"]["urn"]].pulumi_id, "outputs": {}}
        for one in pending
        if one["resource"]["urn"] in made
    ]
    left = [one for one in pending if one["resource"]["urn"] not in made]
    changed = {**state, "resources": [*(state.get("resources") or []), *adopted], "pending_operations": left}
    return {**exported, "deployment": changed}


def _take_lock_away(stack: str, ask: Ask) -> None:
    """Of a run that is gone. The state it left is put back as it is, for whoever may write may also lock."""
    result = _import(stack, _export(stack), check=False)
    said = result.stderr + result.stdout
    if LOCKED.search(said):
        ask(f"{_owner(said)}\nIs that run gone for good, and may its lock be taken away?")
        _succeed(stack, ["cancel", "--yes"])
    elif result.returncode:
        raise OpsError(_failed(["stack", "import"], result))


def _import(stack: str, state: dict[str, Any], *, check: bool = True) -> "subprocess.CompletedProcess[str]":
    with tempfile.TemporaryDirectory(prefix="preqly-recover-") as folder:
        path = Path(folder) / "state.json"
        path.write_text(json.dumps(state))
        words = ["stack", "import", "--file", str(path)]
        return _succeed(stack, words) if check else _pulumi(stack, words)


def _owner(text: str) -> str:
    """Who holds the lock since when. Raises Refused when that is a process that runs on this machine."""
    found = OWNER.search(text)
    if found is None:
        return "The stack is locked by another update; Pulumi's console says whose."
    owner = f"process {found['pid']} of {found['user']} on {found['host']}, since {found['at']}"
    if found["host"] == socket.gethostname() and _runs(int(found["pid"])):
        raise Refused(f"The stack is locked by {owner}, and that process runs. Wait for it, or stop it with Ctrl-C.")
    return f"The stack is locked by {owner}."


def _runs(pid: int) -> bool:
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
    """Ids and ARNs."""
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
            'There is no `pulumi` on PATH: install it; for the embedded cloud, eval "$(make -s env)".'
        ) from None
    except subprocess.TimeoutExpired:
        raise OpsError(f"`pulumi {words[0]}` has not ended after {SECONDS} s. Run this again.") from None


def _succeed(stack: str, words: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    result = _pulumi(stack, words)
    if result.returncode:
        raise OpsError(_failed(words, result))
    return result


def _failed(words: Sequence[str], result: "subprocess.CompletedProcess[str]") -> str:
    said = [line for line in (result.stdout + result.stderr).splitlines() if line.strip()]
    # Where an operation failed, this is where it says why; else there are a few lines anyway.
    first = next((number for number, line in enumerate(said) if line.startswith("Diagnostics:")), 0)
    shown = "\n".join(said[first:][:SHOWN_LINES])
    return (
        f"`pulumi {words[0]}` ended with exit code {result.returncode}:\n{shown}\n"
        "When that is mended, run `python -m ops recover` again."
    )


def _name(urn: str) -> str:
    return urn.rpartition("::")[2]
