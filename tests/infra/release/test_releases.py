from dataclasses import replace
from pathlib import Path
from typing import Any

import pulumi
import pytest

from infra.release.history import INITIAL_VALUE
from infra.release.hooks import ReleaseFailed
from infra.release.record import ReleaseRecord, RolledBack
from infra.release.releases import Build, Releases
from tests.infra.release.records import RELEASE
from tests.recorder import new_engine

NAME = "/preqly/test/releases"
FUNCTION = "aws:ssm/getParametersByPath:getParametersByPath"
BUILD = Build(
    web_image="r/web@sha256:cc",
    proxy_image="r/proxy@sha256:dd",
    tag="cccc-1",
    revision="later",
    sources="f1",
    architecture="arm64",
)


def on_record(engine: Any, value: str) -> None:
    engine.functions[FUNCTION] = {"names": ["/preqly/test/other", NAME], "values": ["x", value]}


def test_pulumi_creates_the_parameter_and_never_writes_it_again(engine: Any) -> None:
    engine.run(lambda: Releases("releases"))
    made = engine.one("ssm/parameter:Parameter")
    assert (made["name"], made["type"], made["value"]) == (NAME, "String", INITIAL_VALUE)
    assert list(engine.options("ssm/parameter:Parameter", "releases-record").ignoreChanges) == ["value"]


@pytest.mark.parametrize("value", [None, INITIAL_VALUE])
def test_before_the_first_release_there_is_none(engine: Any, value: str | None) -> None:
    if value:
        on_record(engine, value)
    assert engine.run(lambda: Releases("releases").latest) is None


def test_the_last_release_is_read(engine: Any) -> None:
    on_record(engine, replace(RELEASE, number=3).to_json())
    found: ReleaseRecord = engine.run(lambda: Releases("releases").latest)
    assert found == replace(RELEASE, number=3)


def test_a_broken_record_stops_the_update_without_a_traceback(engine: Any) -> None:
    on_record(engine, "[]")
    with pytest.raises(ReleaseFailed, match=rf"SSM parameter {NAME} does not hold a release record"):
        engine.run(lambda: Releases("releases").latest)


def test_sources_that_were_rolled_back_cause_a_warning(engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    reported: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", lambda line, _: reported.append(line))
    rolled_back = replace(
        RELEASE, number=8, kind="rollback", rolled_back=RolledBack(number=7, tag="cccc-1", sources="f0")
    )
    on_record(engine, rolled_back.to_json())
    spec = engine.run(lambda: Releases("releases").select(BUILD))
    assert (spec.tag, spec.web_image) == (RELEASE.tag, RELEASE.web_image)
    (line,) = reported
    assert line.startswith("These sources are release 7, which was rolled back, so aaaa-1 stays, ")
    assert "python -m ops forward" in line


def test_another_architecture_stops_the_update_without_a_traceback(engine: Any) -> None:
    undone = RolledBack(number=7, tag="dddd-1", sources="f1")
    rolled_back = replace(RELEASE, number=8, kind="rollback", architecture="x86_64", rolled_back=undone)
    on_record(engine, rolled_back.to_json())
    with pytest.raises(ReleaseFailed, match="is built for x86_64, not arm64"):
        engine.run(lambda: Releases("releases").select(BUILD))


def test_other_sources_are_deployed_without_a_warning(engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulumi.log, "warn", lambda *_: pytest.fail("nothing to warn of"))
    on_record(engine, RELEASE.to_json())
    spec = engine.run(lambda: Releases("releases").select(BUILD))
    assert (spec.tag, spec.revision, spec.rolled_back) == ("cccc-1", "later", None)
    assert (spec.sources, spec.architecture) == ("f1", "arm64")


def test_a_site_on_another_hosting_stops_the_update_with_the_command_that_moves_it(engine: Any) -> None:
    on_record(engine, replace(RELEASE, number=3, hosting="vm").to_json())
    with pytest.raises(ReleaseFailed, match=r"Release 3 ran with `hosting: vm`.*pulumi config set hosting fargate"):
        engine.run(lambda: Releases("releases").latest)


@pytest.mark.parametrize(
    ("preview", "changes", "reported"),
    [
        (True, {}, ["These sources would migrate: core.0002_b"]),
        (False, {}, []),
        (True, {"heads": {"core": "0002_b"}}, []),
        (True, {"rolled_back": RolledBack(number=7, tag="x-1", sources="f0")}, []),
    ],
)
def test_a_preview_lists_pending_migrations_when_the_record_has_them_all(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, preview: bool, changes: dict[str, Any], reported: list[str]
) -> None:
    for name in ("0001_a", "0002_b"):
        (tmp_path / "core" / "migrations").mkdir(parents=True, exist_ok=True)
        (tmp_path / "core" / "migrations" / f"{name}.py").touch()
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "info", lambda line, _: said.append(line))
    engine = new_engine(preview=preview)
    on_record(engine, replace(replace(RELEASE, heads={"core": "0001_a"}), **changes).to_json())

    def program() -> Any:
        releases = Releases("releases")
        releases.report_pending_migrations(tmp_path)
        return releases.latest

    engine.run(program)
    assert said == reported
