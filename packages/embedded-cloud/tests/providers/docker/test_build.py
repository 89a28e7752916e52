"""The build command, and the files that it reads."""

import sys
from pathlib import Path
from typing import Any

import pytest

from embedded_cloud.providers.docker.build import (
    Build,
    BuildError,
    ContextError,
    build_command,
    build_digest,
    context_files,
    refuse_foreign_platform,
    run_build,
)


def command(tmp_path: Path, *, buildx: bool = True, **build: Any) -> Build:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    return build_command({"context": str(tmp_path), **build}, "localhost:5050/web:1", tmp_path / "iid", buildx=buildx)


def test_every_build_argument_reaches_the_builder(tmp_path: Path) -> None:
    build = command(
        tmp_path,
        target="web",
        platform="linux/amd64",
        network="host",
        addHosts=["db:10.0.0.1"],
        cacheFrom={"images": ["localhost:5050/web:0"]},
    )
    assert build.argv == [
        *("docker", "buildx", "build", "--load", "--progress=plain"),
        *("--file", str(tmp_path / "Dockerfile"), "--tag", "localhost:5050/web:1", "--iidfile", str(tmp_path / "iid")),
        *("--target", "web", "--platform", "linux/amd64", "--network", "host", "--add-host", "db:10.0.0.1"),
        *("--cache-from", "localhost:5050/web:0", str(tmp_path)),
    ]


def test_no_value_of_a_build_argument_is_on_the_command_line(tmp_path: Path) -> None:
    build = command(tmp_path, args={"TOKEN": "canary"})
    assert "canary" not in " ".join(build.argv)
    assert ("--build-arg", "TOKEN") in zip(build.argv, build.argv[1:], strict=False)
    assert build.env["TOKEN"] == "canary"


@pytest.mark.parametrize("key", ["PATH", "DOCKER_HOST", "BUILDKIT_HOST"])
def test_a_build_argument_cannot_be_a_variable_of_the_client(tmp_path: Path, key: str) -> None:
    with pytest.raises(BuildError, match=rf"build\.args: {key} "):
        command(tmp_path, args={key: "x"})


def test_without_buildx_the_classic_builder_is_used(tmp_path: Path) -> None:
    build = command(tmp_path, buildx=False)
    assert build.argv[:2] == ["docker", "build"]
    assert build.env["DOCKER_BUILDKIT"] == "0"


def test_a_failed_build_shows_its_last_lines() -> None:
    script = "for n in range(40): print(f'line {n}')\nraise SystemExit(7)"
    lines: list[str] = []
    with pytest.raises(BuildError, match="exit code 7") as failure:
        run_build(Build(argv=[sys.executable, "-c", script], env={}), lines.append)
    assert "line 39" in str(failure.value)
    assert "line 14" not in str(failure.value)
    assert len(lines) == 40


def test_a_platform_that_the_engine_cannot_run_is_refused() -> None:
    with pytest.raises(BuildError, match="builds for linux/386, linux/amd64, not linux/arm64"):
        refuse_foreign_platform("linux/arm64", {"linux/amd64", "linux/386"})


@pytest.mark.parametrize("known", [{"linux/arm64"}, {"linux/arm64/v8"}, set()])
def test_a_platform_that_the_engine_runs_or_emulates_is_built(known: set[str]) -> None:
    refuse_foreign_platform("linux/arm64", known)


@pytest.fixture
def context(tmp_path: Path) -> Path:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "views.py").write_text("one")
    (tmp_path / "app" / "notes.md").write_text("notes")
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    (tmp_path / ".dockerignore").write_text("# notes stay here\n*.md\n**/*.md\n!README.md\n.git\n")
    (tmp_path / "README.md").write_text("read")
    return tmp_path


def digest(context: Path, dockerfile: str | None = None) -> str:
    return build_digest({"context": str(context), "dockerfile": dockerfile})


def test_an_ignored_file_is_not_in_the_context(context: Path) -> None:
    names = [path.as_posix() for path in context_files(context, context / "Dockerfile")]
    assert names == [".dockerignore", "Dockerfile", "README.md", "app/views.py"]


def test_an_ignored_file_does_not_change_the_digest(context: Path) -> None:
    before = digest(context)
    (context / "app" / "notes.md").write_text("other")
    assert digest(context) == before


def test_a_changed_source_file_changes_the_digest(context: Path) -> None:
    before = digest(context)
    (context / "app" / "views.py").write_text("two")
    assert digest(context) != before


def test_a_rename_changes_the_digest(context: Path) -> None:
    before = digest(context)
    (context / "app" / "views.py").rename(context / "app" / "view.py")
    assert digest(context) != before


@pytest.mark.parametrize("mode", [0o755, 0o600])
def test_changed_permissions_change_the_digest(context: Path, mode: int) -> None:
    (context / "app" / "views.py").chmod(0o644)
    before = digest(context)
    (context / "app" / "views.py").chmod(mode)
    assert digest(context) != before


def test_the_time_of_a_file_does_not_change_the_digest(context: Path) -> None:
    before = digest(context)
    (context / "app" / "views.py").touch()
    assert digest(context) == before


def test_a_dockerfile_elsewhere_changes_the_digest(context: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    dockerfile = tmp_path_factory.mktemp("elsewhere") / "Dockerfile"
    dockerfile.write_text("FROM one\n")
    before = digest(context, str(dockerfile))
    dockerfile.write_text("FROM two\n")
    assert digest(context, str(dockerfile)) != before


def test_a_dockerfile_may_have_an_ignore_file_of_its_own(context: Path) -> None:
    (context / "Dockerfile.dockerignore").write_text("app\n")
    names = [path.as_posix() for path in context_files(context, context / "Dockerfile")]
    assert "app/views.py" not in names


def test_a_missing_dockerfile_is_named(context: Path) -> None:
    with pytest.raises(ContextError, match=r"build\.dockerfile: nowhere/Dockerfile does not exist"):
        digest(context, "nowhere/Dockerfile")


def test_a_missing_context_is_named(tmp_path: Path) -> None:
    with pytest.raises(ContextError, match=r"build\.context: .*gone is not a folder"):
        digest(tmp_path / "gone")
