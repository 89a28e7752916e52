from pathlib import Path
from typing import Any

import pulumi
import pytest

from infra.image import Image, ImageArgs

URL = "123456789012.dkr.ecr.us-east-1.amazonaws.com/web"


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A build context outside any repository."""
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "manage.py").write_text("print('one')")
    (tmp_path / ".dockerignore").write_text("*\n!app\n!docker\n")
    return tmp_path


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


@pytest.mark.parametrize(("architecture", "platform"), [("arm64", "linux/arm64"), ("x86_64", "linux/amd64")])
def test_the_image_is_built_for_the_cpu_the_tasks_ask_for(
    engine: Any, sources: Path, architecture: str, platform: str
) -> None:
    engine.run(lambda: image(sources, architecture))
    build = engine.one("docker:index/image:Image")["build"]
    assert build["platform"] == platform
    assert build["target"] == "web"
    assert build["builderVersion"] == "BuilderBuildKit"
    assert build["args"] == {"PYTHON_IMAGE": "python:3.13", "REVISION": "unknown"}
    assert Path(build["dockerfile"]) == sources / "docker" / "Dockerfile"


def test_a_preview_builds_nothing(engine: Any, sources: Path) -> None:
    engine.run(lambda: image(sources))
    assert engine.one("docker:index/image:Image")["buildOnPreview"] is False


def test_the_registrys_token_stays_secret(engine: Any, sources: Path) -> None:
    engine.run(lambda: image(sources))
    (built,) = engine.by_type["docker:index/image:Image"]
    assert engine.is_secret(built.inputs["registry"]) or engine.is_secret(built.inputs["registry"]["password"])


def test_the_hash_of_the_sources_knows_no_setting(engine: Any, sources: Path) -> None:
    def program() -> Any:
        return [image(sources, one) for one in ("arm64", "x86_64")]

    one, other = engine.run(program)
    assert one.sources == other.sources
    (sources / "app" / "manage.py").write_text("print('two')")
    assert engine.run(lambda: image(sources)).sources != one.sources


def test_what_runs_is_named_by_digest(engine: Any, sources: Path) -> None:
    assert engine.run(lambda: image(sources).reference) == f"{URL}@sha256:{'a' * 64}"


def test_a_tag_is_the_content_and_a_random_part_that_lives_as_long_as_it(engine: Any, sources: Path) -> None:
    tag = engine.run(lambda: image(sources).tag)
    content, _, use = tag.partition("-")
    assert (len(content), len(use)) == (12, 4)
    assert engine.one("random:index/randomId:RandomId")["keepers"] == {"content": content}
    assert engine.one("docker:index/image:Image")["imageName"] == f"{URL}:{tag}"


def test_other_sources_or_another_cpu_give_another_tag(engine: Any, sources: Path) -> None:
    first = engine.run(lambda: image(sources).tag)
    other_cpu = engine.run(lambda: image(sources, "x86_64").tag)
    (sources / "app" / "manage.py").write_text("print('two')")
    other_sources = engine.run(lambda: image(sources).tag)
    assert len({first, other_cpu, other_sources}) == 3


def test_without_git_the_revision_is_unknown_and_the_release_goes_on(engine: Any, sources: Path) -> None:
    assert engine.run(lambda: pulumi.Output.from_input(image(sources).revision)) == "unknown"
