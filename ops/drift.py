"""Where AWS differs from the program as it was deployed last."""

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console

from ops.checks import network
from ops.errors import OpsError
from ops.project import ROOT
from ops.resources.pulumi_state import resources
from ops.stack import Stack

SECONDS = 900
"""A refresh asks AWS for each resource; a stack has about 130."""
OPERATIONS = {"update": "changed", "delete": "missing", "replace": "changed"}
"""What AWS has, by the operation with which a refresh would write it into the state."""
CONTENTS = ("aws:secretsmanager/secretVersion:SecretVersion", "aws:s3/bucket:Bucket")
"""Types whose refresh reads a secret's value or lists files: the preview role of the pipelines may not. The settings
of a bucket are resources of their own."""
RULE_TYPES = ("aws:vpc/securityGroupIngressRule:", "aws:vpc/securityGroupEgressRule:")


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A resource that AWS has in another form than the program."""

    type: str
    name: str
    state: str
    """`changed`, `missing` or `added`."""
    properties: Sequence[str] = ()
    """Paths of the properties that differ, without values: one of them may be a secret to somebody."""

    def to_values(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def read_drift(stack: Stack, *, contents: bool = True) -> list[Difference]:
    """What differs; it writes neither AWS nor the state. Without `contents` it leaves out CONTENTS.

    Raises OpsError when Pulumi cannot read the stack.
    """
    command = ["pulumi", "refresh", "--preview-only", "--json", "--stack", stack.name, "--non-interactive"]
    command += [] if contents else [word for kind in CONTENTS for word in ("--exclude", f"**{kind}::**")]
    shown = f"`{' '.join(command)}`"
    try:
        answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False)
        plan = json.loads(answer.stdout)
    except FileNotFoundError:
        raise OpsError("`pulumi` is not installed: www.pulumi.com/docs/install") from None
    except subprocess.TimeoutExpired:
        raise OpsError(f"{shown} took longer than {SECONDS} s. Run it by hand.") from None
    except ValueError:
        raise OpsError(f"{shown} failed:\n{answer.stderr.strip() or answer.stdout.strip()}") from None
    if answer.returncode:
        raise OpsError(f"{shown} failed:\n" + ("\n".join(_errors(plan)) or answer.stderr.strip()))
    return [*differences(plan), *_added_rules(stack)]


def differences(plan: Mapping[str, Any]) -> Iterator[Difference]:
    """The differences in the JSON of a refresh."""
    for step in plan.get("steps", ()):
        properties = sorted(_properties(step))
        if step["op"] in OPERATIONS and (properties or step["op"] == "delete"):
            kind, _, name = step["urn"].rpartition("::")
            yield Difference(
                type=kind.rpartition("::")[2].rpartition("$")[2],
                name=name,
                state=OPERATIONS[step["op"]],
                properties=properties,
            )


def _properties(step: Mapping[str, Any]) -> Iterator[str]:
    """Properties that the program sets and does not leave to others; what only AWS sets may change at any time."""
    old = step.get("oldState") or {}
    ignored = set(old.get("ignoreChanges") or ())
    for path in step.get("detailedDiff") or {}:
        name = path.partition(".")[0].partition("[")[0]
        if name in (old.get("inputs") or {}) and not {path, name} & ignored:
            yield path


def _added_rules(stack: Stack) -> Iterator[Difference]:
    """Rules in the stack's security groups that the program does not have: a refresh reads only what it knows."""
    known = {one.identifier for one in resources(stack.name) or () if one.type.startswith(RULE_TYPES)}
    for rule in network.rules(stack):
        if rule["SecurityGroupRuleId"] not in known:
            direction = "egress" if rule["IsEgress"] else "ingress"
            kind = f"aws:vpc/securityGroup{direction.capitalize()}Rule"
            ports = f"{direction} {rule.get('FromPort')}-{rule.get('ToPort')}"
            name = f"{rule['SecurityGroupRuleId']} of {rule['GroupId']}"
            yield Difference(type=kind, name=name, state="added", properties=[ports])


def print_drift(found: Sequence[Difference], console: Console) -> None:
    """Print each resource with its properties."""
    for one in found:
        what = f": {', '.join(one.properties)}" if one.properties else ""
        console.print(f"{one.state} {one.type} {one.name}{what}", markup=False, soft_wrap=True)
    console.print(f"{len(found)} resources differ." if found else "Nothing differs from the program.")


def as_markdown(found: Sequence[Difference]) -> str:
    """The text of an issue; empty without a difference."""
    if not found:
        return ""
    rows = (f"| {one.state} | `{one.type}` | {one.name} | {' '.join(one.properties)} |" for one in found)
    head = "AWS differs from the program. `pulumi up --refresh` brings back what is changed or missing"
    return "\n".join(
        [
            f"{head}; remove by hand what is added.",
            "",
            "| state | type | resource | properties |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )


def _errors(plan: Mapping[str, Any]) -> Iterator[str]:
    for one in plan.get("diagnostics", ()):
        if one.get("severity") == "error":
            yield str(one["message"]).strip()
