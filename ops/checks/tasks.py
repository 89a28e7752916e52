"""Checks of the ECS service, its tasks and their task definition."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from infra.release.record import ReleaseRecord
from infra.secrets.detection import why_secret
from ops.checks.check import REPAIR, Check, check
from ops.ecs.description import describe_service
from ops.stack import Stack

AREA = "Tasks"
Definition = dict[str, Any]
ROOT = {"", "0", "root"}
"""Users of a container that are root; without one, the image decides."""


class Rule(NamedTuple):
    """A rule for each container of the task definition."""

    rule: str
    control: str
    holds: Callable[[Definition], bool]


RULES = (
    Rule("No container can write to its own files", "ECS.5", lambda one: one.get("readonlyRootFilesystem") is True),
    Rule("No container runs as root", "ECS.20", lambda one: one.get("user", "").partition(":")[0] not in ROOT),
    Rule("No container has the host's privileges", "ECS.4", lambda one: not one.get("privileged")),
    Rule("Every container writes its log to CloudWatch", "ECS.9", lambda one: "logConfiguration" in one),
    Rule("Every image is named by its digest", "", lambda one: "@sha256:" in one["image"]),
)


def checks(stack: Stack, release: ReleaseRecord) -> Iterator[Check]:
    """Network, number and place of the tasks, circuit breaker, Container Insights, and each container."""
    ecs: Any = stack.session.client("ecs")
    service = describe_service(stack.session, release)
    public = service.network["awsvpcConfiguration"].get("assignPublicIp") == "ENABLED"
    yield check(
        AREA,
        "They have no public address",
        not public,
        fix="pulumi config set egress gateway && pulumi up; a NAT gateway has a price, see the preview",
        control="ECS.2",
        otherwise="warning",
    )
    zones = sorted({one.zone for one in service.tasks if one.zone})
    yield check(
        AREA,
        "Two or more run, in two zones",
        service.running > 1 and len(zones) > 1,
        found=f"{service.running} in {', '.join(zones) or 'no zone'}",
        fix="pulumi config set minTasks 2 && pulumi up",
        otherwise="warning",
    )
    (answer,) = ecs.describe_services(cluster=release.cluster, services=[release.service])["services"]
    breaker = answer.get("deploymentConfiguration", {}).get("deploymentCircuitBreaker", {})
    yield check(AREA, "ECS takes a failed deployment back", bool(breaker.get("rollback")), fix=REPAIR)
    (cluster,) = ecs.describe_clusters(clusters=[release.cluster], include=["SETTINGS"])["clusters"]
    insights = {one["name"]: one["value"] for one in cluster.get("settings", [])}.get("containerInsights")
    rule = "Container Insights measure them"
    yield check(AREA, rule, insights in {"enabled", "enhanced"}, fix=REPAIR, control="ECS.12")
    definition = ecs.describe_task_definition(taskDefinition=service.primary.task_definition)["taskDefinition"]
    yield from _containers(definition["containerDefinitions"])


def _containers(containers: Sequence[Definition]) -> Iterator[Check]:
    for rule, control, holds in RULES:
        wrong = [one["name"] for one in containers if not holds(one)]
        yield check(AREA, rule, not wrong, found=", ".join(wrong), fix=REPAIR, control=control)
    plain = [
        f"{pair['name']} of {one['name']}"
        for one in containers
        for pair in one.get("environment", [])
        if why_secret(pair["name"], pair["value"])
    ]
    yield check(
        AREA,
        "No variable in the clear looks like a secret",
        not plain,
        found=", ".join(plain),
        fix="move it to secretEnvironment (docs/environment.md), or list it in publicVariables",
        control="ECS.8",
        # publicVariables says that these are none; the task definition does not.
        otherwise="warning",
    )
