"""docker.Image: built with BuildKit and pushed to the registry in its name."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import docker
from docker.errors import DockerException, NotFound

from embedded_cloud.emulation import Emulation
from embedded_cloud.providers.call import Call
from embedded_cloud.providers.docker.build import ContextError, build_digest, build_image
from embedded_cloud.providers.docker.push import credentials_for, keep_tag, push_image, registry_host, split_name
from embedded_cloud.providers.entry import ResourceType
from embedded_cloud.providers.failures import OperationError, is_missing
from embedded_cloud.providers.values import Values, contains_unknown

PUSH_SECONDS = 600
"""Docker reports nothing while it pushes a large layer."""


@cache
def _engine() -> docker.DockerClient:
    try:
        return docker.from_env(timeout=PUSH_SECONDS)
    except DockerException as error:
        raise OperationError(f"Docker does not answer: {error}; start it and run again") from error


def _create(call: Call) -> str:
    image_id = build_image(call.inputs, call.log, call.stop)
    call.state["repoDigest"] = image_id if call.inputs.get("skipPush") else _push(call, image_id)
    return str(call.state["repoDigest"])


def _push(call: Call, image_id: str) -> str:
    name = call.inputs["imageName"]
    credentials = credentials_for(call.inputs.get("registry"), name)
    repository, _ = split_name(name)
    digest = keep_tag(_engine(), name, image_id, credentials) if _immutable(call, repository) else None
    return f"{repository}@{digest or push_image(_engine(), name, credentials, call.log)}"


def _immutable(call: Call, repository: str) -> bool:
    """Whether the repository is one of ECR with immutable tags."""
    try:
        known = call.aws("ecr").get_paginator("describe_repositories").paginate()
        found = [one for page in known for one in page["repositories"] if one["repositoryUri"] == repository]
    except call.aws("ecr").exceptions.ClientError as error:
        if is_missing(error):
            return False
        raise
    return any(one["imageTagMutability"].startswith("IMMUTABLE") for one in found)


def _read(call: Call) -> Values | None:
    digest = call.state.get("repoDigest")
    if not digest or not _is_there(call, digest):
        return None
    name, build = call.state["imageName"], call.state.get("build") or {}
    context = build.get("context") or "."
    return {
        "imageName": name,
        "baseImageName": name,
        "repoDigest": digest,
        "context": context,
        "dockerfile": build.get("dockerfile") or str(Path(context) / "Dockerfile"),
        "platform": build.get("platform"),
        "registryServer": (call.state.get("registry") or {}).get("server") or registry_host(name),
    }


def _is_there(call: Call, digest: str) -> bool:
    try:
        if call.state.get("skipPush"):
            _engine().images.get(digest)
        else:
            credentials = credentials_for(call.state.get("registry"), digest)
            _engine().images.get_registry_data(digest, auth_config=credentials)
    except NotFound:
        return False
    except DockerException:
        # An expired token or a registry that is down says nothing about the image.
        return True
    return True


def _complete(inputs: Values) -> None:
    """Add the digest of the sources to the build's arguments, as the official provider does."""
    build = inputs.setdefault("build", {})
    if not contains_unknown([build.get("context"), build.get("dockerfile")]):
        build["contextDigest"] = build_digest(build)


def _check(values: Values) -> Iterator[tuple[str, str]]:
    build = values.get("build") or {}
    if values.get("buildOnPreview") is True:
        yield "buildOnPreview", "is not supported: the embedded cloud does not build in previews; leave it false"
    if isinstance(build, dict) and not contains_unknown([build.get("context"), build.get("dockerfile")]):
        try:
            build_digest(build)
        except ContextError as error:
            yield "build", str(error)


def _same_registry(one: Any, other: Any) -> bool:
    # Credentials change with every run.
    return bool(one.get("server") == other.get("server"))


EMULATION = Emulation(
    service="Docker images",
    types="docker:",
    acts=("built with BuildKit and pushed",),
)

RESOURCES = (
    ResourceType(
        "docker:index/image:Image",
        create=_create,
        read=_read,
        update=_create,
        # Tags stay, as with the official provider: a rollback needs them.
        delete=lambda _: None,
        reported="imageName",
        unreported="build registry skipPush buildOnPreview",
        equal={"registry": _same_registry, "buildOnPreview": lambda _one, _other: True},
        volatile="repoDigest",
        check=_check,
        complete=_complete,
        effect="is built with BuildKit and pushed",
    ),
)
