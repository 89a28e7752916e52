"""Task definitions of a release: which images and secret version they name, and copies with other images."""

from collections.abc import Mapping
from typing import Any

from infra.release.definitions import Definition, essence
from infra.release.record import Release
from ops.errors import Refused
from ops.show import short

RELEASE_VARIABLE = "RELEASE"
"""Environment variable that tells the application which release it is."""


def describe(ecs: Any, arn: str) -> Definition:
    """A task definition as it was registered."""
    found: Definition = ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]
    return found


def release_tag(definition: Mapping[str, Any]) -> str:
    """The release that the application's container is told it is; empty when it is told none."""
    variables = (one for container in definition["containerDefinitions"] for one in container.get("environment", []))
    return next((str(one["value"]) for one in variables if one["name"] == RELEASE_VARIABLE), "")


def with_images(definition: Mapping[str, Any], release: Release) -> Definition:
    """The same definition with this release's images and its tag; everything else, settings and secrets, stays.

    Raises Refused when a container's image comes from neither of the release's repositories.
    """
    images = {repository(image): image for image in (release.web_image, release.proxy_image)}
    containers = []
    for container in definition["containerDefinitions"]:
        image = images.get(repository(container["image"]))
        if image is None:
            raise Refused(
                f"Container {container['name']} of {short(definition['taskDefinitionArn'])} runs "
                f"{container['image']}, and release {release.number} has no image of that repository: "
                f"{', '.join(sorted(images))}. Its repositories were replaced since: deploy its sources "
                "with `pulumi up`."
            )
        environment = [
            {**one, "value": release.tag} if one["name"] == RELEASE_VARIABLE else one
            for one in container.get("environment", [])
        ]
        containers.append({**container, "image": image, "environment": environment})
    return {**definition, "containerDefinitions": containers}


def platform_of(ecs: Any, release: Release) -> Definition | None:
    """`runtimePlatform` for the images of this release, as on record or in its own definition; None: nobody knows."""
    if release.architecture:
        return {"operatingSystemFamily": "LINUX", "cpuArchitecture": release.architecture.upper()}
    own = _described(ecs, release.task_definition) if release.hosting == "fargate" else None
    return own.get("runtimePlatform") if own else None


def repository(image: str) -> str:
    """Name of the image's repository, without the registry: that may move."""
    return image.partition("@")[0].partition("/")[2]


def register(ecs: Any, wanted: Mapping[str, Any], *candidates: str) -> str:
    """The ARN of a revision that says this: one of the candidates, the family's newest, else a new one.

    Reusing makes it repeatable, and keeps Pulumi's own revisions in use wherever they say the same.
    """
    for candidate in (*candidates, wanted["family"]):
        known = _described(ecs, candidate)
        if known and essence(known) == essence(wanted):
            return str(known["taskDefinitionArn"])
    tags = ecs.list_tags_for_resource(resourceArn=wanted["taskDefinitionArn"])["tags"]
    arguments = {**essence(wanted), **({"tags": tags} if tags else {})}
    return str(ecs.register_task_definition(**arguments)["taskDefinition"]["taskDefinitionArn"])


def _described(ecs: Any, name: str) -> Definition | None:
    try:
        known = describe(ecs, name)
    except ecs.exceptions.ClientException:
        return None
    return known if known.get("status") == "ACTIVE" else None
