from dataclasses import replace
from pathlib import Path
from typing import Any

import pulumi
import pytest

from infra.release.hooks import ReleaseFailed
from infra.release.record import FIRST_VALUE, Release, Withheld
from infra.releases import Releases, Sources
from tests.infra.release.test_completion import RELEASE
from tests.recorder import new_engine

NAME = "/preqly/test/releases"
FUNCTION = "aws:ssm/getParametersByPath:getParametersByPath"
SOURCES = Sources(
    web_image="r/web@sha256:cc",
    proxy_image="r/proxy@sha256:dd",
    tag="cccc-1",
    revision="later",
    content="f0",
    architecture="arm64",
)


def on_record(engine: Any, value: str) -> None:
    engine.functions[FUNCTION] = {"names": ["/preqly/test/other", NAME], "values": ["x", value]}


def test_pulumi_makes_the_parameter_and_never_writes_it_again(engine: Any) -> None:
    engine.run(lambda: Releases("releases"))
    made = engine.one("ssm/parameter:Parameter")
    assert (made["name"], made["type"], made["value"]) == (NAME, "String", FIRST_VALUE)
    assert list(engine.options("ssm/parameter:Parameter", "releases-record").ignoreChanges) == ["value"]


@pytest.mark.parametrize("value", [None, FIRST_VALUE])
def test_before_the_first_release_there_is_none(engine: Any, value: str | None) -> None:
    if value:
        on_record(engine, value)
    assert engine.run(lambda: Releases("releases").latest) is None


def test_the_last_release_is_read(engine: Any) -> None:
    on_record(engine, replace(RELEASE, number=3).to_json())
    found: Release = engine.run(lambda: Releases("releases").latest)
    assert found == replace(RELEASE, number=3)


def test_a_record_that_cannot_be_read_stops_the_update_in_a_sentence(engine: Any) -> None:
    on_record(engine, "[]")
    with pytest.raises(ReleaseFailed, match=rf"SSM parameter {NAME} holds no release record"):
        engine.run(lambda: Releases("releases").latest)


def test_a_withheld_release_is_said_in_a_warning(engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", lambda line, _: told.append(line))
    rolled_back = replace(RELEASE, number=8, kind="rollback", withheld=Withheld(number=7, tag="cccc-1"))
    on_record(engine, rolled_back.to_json())
    ships = engine.run(lambda: Releases("releases").shipped(SOURCES))
    assert (ships.tag, ships.web_image) == (RELEASE.tag, RELEASE.web_image)
    (line,) = told
    assert line.startswith("These sources are release 7, which a rollback withholds, so aaaa-1 stays, ")
    assert "python -m ops forward" in line


def test_one_that_cannot_stay_on_another_architecture_stops_the_update_without_a_traceback(engine: Any) -> None:
    withheld = Withheld(number=7, tag="dddd-1", sources="f0")
    rolled_back = replace(RELEASE, number=8, kind="rollback", architecture="x86_64", withheld=withheld)
    on_record(engine, rolled_back.to_json())
    with pytest.raises(ReleaseFailed, match="is built for x86_64, not arm64"):
        engine.run(lambda: Releases("releases").shipped(SOURCES))


def test_other_sources_are_shipped_without_a_word(engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulumi.log, "warn", lambda *_: pytest.fail("nothing to warn of"))
    on_record(engine, RELEASE.to_json())
    ships = engine.run(lambda: Releases("releases").shipped(SOURCES))
    assert (ships.tag, ships.revision, ships.withheld) == ("cccc-1", "later", None)
    assert (ships.sources, ships.architecture) == ("f0", "arm64")


@pytest.mark.parametrize(
    ("preview", "changes", "told"),
    [
        (True, {}, ["These sources would migrate: core.0002_b"]),
        (False, {}, []),
        (True, {"heads": {"core": "0002_b"}}, []),
        (True, {"withheld": Withheld(number=7, tag="x-1")}, []),
    ],
)
def test_a_preview_says_which_migrations_the_sources_would_run_when_it_knows(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, preview: bool, changes: dict[str, Any], told: list[str]
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
        releases.tell_pending(tmp_path)
        return releases.latest

    engine.run(program)
    assert said == told
