"""Task definitions for a rollback: the current ones with the images of an earlier release."""

from collections.abc import Mapping
from typing import Any

from infra.release.record import ReleaseRecord
from infra.release.reporting import short
from infra.release.rollout.task_definitions import TaskDefinition, fingerprint
from ops.errors import Refused

RELEASE_VARIABLE = "RELEASE"
"""Environment variable with the release's tag, for the application."""


def describe(ecs: Any, arn: str) -> TaskDefinition:
    """A task definition as ECS describes it."""
    found: TaskDefinition = ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]
    return found


def release_tag(definition: Mapping[str, Any]) -> str:
    """The release's tag in a task definition; empty when it has none."""
    variables = (one for container in definition["containerDefinitions"] for one in container.get("environment", []))
    return next((str(one["value"]) for one in variables if one["name"] == RELEASE_VARIABLE), "")


def with_release(definition: Mapping[str, Any], release: ReleaseRecord) -> TaskDefinition:
    """The definition with the images, the tag and the architecture of this release; settings and secrets stay.

    Raises Refused when a container's image comes from neither of the release's repositories.
    """
    images = {_repository(image): image for image in (release.web_image, release.proxy_image)}
    containers = []
    for container in definition["containerDefinitions"]:
        image = images.get(_repository(container["image"]))
        if image is None:
            raise Refused(
                f"Container {container['name']} of {short(definition['taskDefinitionArn'])} runs "
                f"{container['image']}, and release {release.number} has no image of that repository, only of "
                f"{', '.join(sorted(images))}. The repositories were replaced since that release. Deploy its sources "
                f"(revision {release.revision}) with `pulumi up`."
            )
        environment = [
            {**one, "value": release.tag} if one["name"] == RELEASE_VARIABLE else one
            for one in container.get("environment", [])
        ]
        containers.append({**container, "image": image, "environment": environment})
    platform = {"operatingSystemFamily": "LINUX", "cpuArchitecture": release.architecture.upper()}
    return {**definition, "containerDefinitions": containers, "runtimePlatform": platform}


def register(ecs: Any, wanted: Mapping[str, Any], candidate: str) -> str:
    """The ARN of a revision with this content: the candidate, the newest of the family, or a new one.

    Reuse makes the rollback repeatable, and uses Pulumi's own revisions where they have the same content.
    """
    for existing in (candidate, wanted["family"]):
        known = _active(ecs, existing)
        if known and fingerprint(known) == fingerprint(wanted):
            return str(known["taskDefinitionArn"])
    tags = ecs.list_tags_for_resource(resourceArn=wanted["taskDefinitionArn"])["tags"]
    arguments = {**fingerprint(wanted), **({"tags": tags} if tags else {})}
    return str(ecs.register_task_definition(**arguments)["taskDefinition"]["taskDefinitionArn"])


def _active(ecs: Any, name: str) -> TaskDefinition | None:
    try:
        known = describe(ecs, name)
    except ecs.exceptions.ClientException:
        return None
    return known if known.get("status") == "ACTIVE" else None


def _repository(image: str) -> str:
    """The repository's name, without the registry and the digest."""
    return image.partition("@")[0].partition("/")[2]
