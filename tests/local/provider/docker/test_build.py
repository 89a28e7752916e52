"""The command that builds an image, and what a failed build says."""

import sys
from pathlib import Path
from typing import Any

import pytest

from local.provider.docker.build import Build, BuildError, build_command, refuse_foreign_platform, run_build


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
def test_a_build_argument_cannot_steer_the_client(tmp_path: Path, key: str) -> None:
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
    with pytest.raises(BuildError, match="runs linux/386, linux/amd64, not linux/arm64"):
        refuse_foreign_platform("linux/arm64", {"linux/amd64", "linux/386"})


@pytest.mark.parametrize("known", [{"linux/arm64"}, {"linux/arm64/v8"}, set()])
def test_a_platform_that_the_engine_runs_or_emulates_is_built(known: set[str]) -> None:
    refuse_foreign_platform("linux/arm64", known)
