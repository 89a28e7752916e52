from pathlib import Path
from typing import Any

import pulumi
import pytest

from infra.images.image import Image, ImageArgs
from tests.recorder import Recorder, new_engine

URL = "123456789012.dkr.ecr.us-east-1.amazonaws.com/web"
IMAGE = "docker:index/image:Image"


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build context outside any git repository."""
    folder = tmp_path_factory.mktemp("sources")
    (folder / "app").mkdir()
    (folder / "app" / "manage.py").write_text("print('one')")
    (folder / ".dockerignore").write_text("*\n!app\n!docker\n")
    return folder


def image(sources: Path, architecture: str = "arm64") -> Image:
    args = ImageArgs(
        target="web",
        repository_url=URL,
        username="AWS",
        password=pulumi.Output.secret("token"),
        architecture=architecture,
        base_images={"PYTHON_IMAGE": "python:3.13"},
        context=str(sources),
    )
    return Image("web-image", args)


@pytest.fixture(scope="module")
def built(sources: Path) -> tuple[Recorder, dict[str, Any]]:
    """The recorded image, and its outputs."""
    engine = new_engine()

    def program() -> dict[str, Any]:
        one = image(sources)
        return {"tag": one.tag, "reference": one.reference, "revision": one.revision}

    return engine, engine.run(program)


@pytest.mark.parametrize(("architecture", "platform"), [("arm64", "linux/arm64"), ("x86_64", "linux/amd64")])
def test_the_image_is_built_for_the_cpu_of_the_tasks(
    engine: Any, sources: Path, architecture: str, platform: str
) -> None:
    engine.run(lambda: image(sources, architecture))
    build = engine.one(IMAGE)["build"]
    assert build["platform"] == platform
    assert build["target"] == "web"
    assert build["builderVersion"] == "BuilderBuildKit"
    assert build["args"] == {"PYTHON_IMAGE": "python:3.13", "REVISION": "unknown"}
    assert Path(build["dockerfile"]) == sources / "docker" / "Dockerfile"


def test_a_preview_builds_nothing_and_the_registrys_token_stays_secret(built: tuple[Recorder, Any]) -> None:
    engine, _ = built
    assert engine.one(IMAGE)["buildOnPreview"] is False
    (declared,) = engine.by_type[IMAGE]
    assert engine.is_secret(declared.inputs["registry"]) or engine.is_secret(declared.inputs["registry"]["password"])


def test_what_runs_is_named_by_digest_and_outside_git_its_revision_is_unknown(built: tuple[Recorder, Any]) -> None:
    _, outputs = built
    assert outputs["reference"] == f"{URL}@sha256:{'a' * 64}"
    assert outputs["revision"] == "unknown"


def test_a_tag_is_the_hash_of_the_content_and_a_random_part_that_changes_with_it(built: tuple[Recorder, Any]) -> None:
    engine, outputs = built
    content, _, unique = outputs["tag"].partition("-")
    assert (len(content), len(unique)) == (12, 4)
    assert engine.one("random:index/randomId:RandomId")["keepers"] == {"content": content}
    assert engine.one(IMAGE)["imageName"] == f"{URL}:{outputs['tag']}"


def test_tags_depend_on_sources_and_cpu_and_the_hash_of_the_sources_on_those_alone(engine: Any, sources: Path) -> None:
    def program() -> Any:
        made = [image(sources, architecture) for architecture in ("arm64", "x86_64")]
        return [{"tag": one.tag, "sources": one.sources} for one in made]

    arm, intel = engine.run(program)
    assert arm["sources"] == intel["sources"]
    file = sources / "app" / "manage.py"
    before = file.read_text()
    file.write_text("print('two')")
    changed, _ = engine.run(program)
    file.write_text(before)
    assert changed["sources"] != arm["sources"]
    assert len({arm["tag"], intel["tag"], changed["tag"]}) == 3
