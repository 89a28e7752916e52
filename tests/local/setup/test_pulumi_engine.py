"""SDK and engine have one version; an engine of another version is not used."""

import re
from pathlib import Path

import pytest

from local.runtime import ROOT
from local.setup import go, pulumi_engine


def test_the_module_builds_the_engine_of_the_pinned_sdk() -> None:
    required = re.search(
        r"^require github\.com/pulumi/pulumi/pkg/v3 (\S+)$", (pulumi_engine.MODULE / "go.mod").read_text(), re.MULTILINE
    )
    assert required is not None
    assert required.group(1) == f"v{pulumi_engine.sdk_version()}"


def test_the_module_pins_the_command_and_a_sum_for_it() -> None:
    assert f'"{pulumi_engine.COMMAND}"' in (pulumi_engine.MODULE / "tools.go").read_text()
    assert (
        f"github.com/pulumi/pulumi/pkg/v3 v{pulumi_engine.sdk_version()} h1:"
        in (pulumi_engine.MODULE / "go.sum").read_text()
    )


def fake_engine(folder: Path, version: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    binary = folder / "pulumi"
    binary.write_text(f"#!/bin/sh\necho {version}\n")
    binary.chmod(0o755)
    return binary


def test_an_engine_of_another_version_on_path_is_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_engine(tmp_path / "path", "v3.1.0")
    monkeypatch.setenv("PATH", f"{tmp_path / 'path'}:/usr/bin:/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert pulumi_engine.find_engine() is None
    cached = fake_engine(pulumi_engine.cached_root() / "bin", f"v{pulumi_engine.sdk_version()}")
    assert pulumi_engine.find_engine() == cached


def test_an_engine_of_the_right_version_on_path_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = f"v{pulumi_engine.sdk_version()}"
    on_path = fake_engine(tmp_path / "path", wanted)
    monkeypatch.setenv("PATH", f"{tmp_path / 'path'}:/usr/bin:/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    fake_engine(pulumi_engine.cached_root() / "bin", wanted)
    assert pulumi_engine.find_engine() == on_path


def test_the_packaged_go_is_new_enough_for_the_module() -> None:
    packaged = tuple(int(part) for part in go.WHEEL.partition("==")[2].split("."))
    assert packaged >= go.needed()


def test_the_engines_version_is_named_once() -> None:
    """A second place that names the version would go stale."""
    version = pulumi_engine.sdk_version()
    named = [path for path in (ROOT / "local").rglob("*.py") if version in path.read_text()]
    assert named == []
