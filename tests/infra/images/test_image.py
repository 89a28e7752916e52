from dataclasses import replace
from typing import Any

import pulumi
import pytest

from infra.images.image import Image, ImageArgs
from infra.images.sources import Sources
from tests.recorder import Recorder, new_engine

URL = "123456789012.dkr.ecr.us-east-1.amazonaws.com/web"
IMAGE = "docker:index/image:Image"


@pytest.fixture(scope="module")
def sources() -> Sources:
    return Sources(folder=".build-context", digest="0" * 64, revision="3f2a9c1d0b")


def image(sources: Sources, architecture: str = "arm64") -> Image:
    args = ImageArgs(
        sources=sources,
        target="web",
        repository_url=URL,
        username="AWS",
        password=pulumi.Output.secret("token"),
        architecture=architecture,
        base_images={"PYTHON_IMAGE": "python:3.13"},
    )
    return Image("web-image", args)


@pytest.fixture(scope="module")
def built(sources: Sources) -> tuple[Recorder, dict[str, Any]]:
    """The recorded image, and its outputs."""
    engine = new_engine()

    def program() -> dict[str, Any]:
        one = image(sources)
        return {"tag": one.tag, "reference": one.reference}

    return engine, engine.run(program)


@pytest.mark.parametrize(("architecture", "platform"), [("arm64", "linux/arm64"), ("x86_64", "linux/amd64")])
def test_the_image_is_built_for_the_cpu_of_the_tasks(
    engine: Any, sources: Sources, architecture: str, platform: str
) -> None:
    engine.run(lambda: image(sources, architecture))
    build = engine.one(IMAGE)["build"]
    assert build["platform"] == platform
    assert build["target"] == "web"
    assert build["builderVersion"] == "BuilderBuildKit"
    assert build["args"] == {"PYTHON_IMAGE": "python:3.13", "REVISION": "3f2a9c1d0b"}
    assert (build["context"], build["dockerfile"]) == (".build-context", ".build-context/platform/Dockerfile")


def test_a_preview_builds_nothing_and_the_registrys_token_stays_secret(built: tuple[Recorder, Any]) -> None:
    engine, _ = built
    assert engine.one(IMAGE)["buildOnPreview"] is False
    (declared,) = engine.by_type[IMAGE]
    assert engine.is_secret(declared.inputs["registry"]) or engine.is_secret(declared.inputs["registry"]["password"])


def test_what_runs_is_named_by_digest(built: tuple[Recorder, Any]) -> None:
    _, outputs = built
    assert outputs["reference"] == f"{URL}@sha256:{'a' * 64}"


def test_a_tag_is_the_hash_of_the_content_and_a_random_part_that_changes_with_it(built: tuple[Recorder, Any]) -> None:
    engine, outputs = built
    content, _, unique = outputs["tag"].partition("-")
    assert (len(content), len(unique)) == (12, 4)
    assert engine.one("random:index/randomId:RandomId")["keepers"] == {"content": content}
    assert engine.one(IMAGE)["imageName"] == f"{URL}:{outputs['tag']}"


def test_the_tag_depends_on_sources_and_cpu(engine: Any, sources: Sources) -> None:
    changed = replace(sources, digest="1" * 64)

    def program() -> Any:
        made = [image(sources), image(sources, "x86_64"), image(changed)]
        return [one.tag for one in made]

    assert len(set(engine.run(program))) == 3
