"""The release record in Pulumi, and which release the record and the sources select."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pulumi
import pytest

from infra.release.history import INITIAL_VALUE
from infra.release.hooks import ReleaseFailed
from infra.release.record import ReleaseRecord, RolledBack
from infra.release.releases import Build, Releases
from infra.release.reporting import ReleaseError
from infra.release.spec import ReleaseSpec, select_release
from local.runtime import ROOT
from tests.infra.release.fake_aws import PARAMETER, RELEASE
from tests.recorder import Recorder, new_engine

FUNCTION = "aws:ssm/getParametersByPath:getParametersByPath"
BUILD: dict[str, Any] = {
    "web_image": "registry/web@sha256:cc",
    "proxy_image": "registry/proxy@sha256:dd",
    "tag": "cccc-1",
    "revision": "later",
    "sources": "f1",
    "architecture": "arm64",
}
BUILT = ReleaseSpec(**BUILD)


def after_rollback(tag: str, undone: str, **changes: Any) -> ReleaseRecord:
    """RELEASE, brought back by a rollback that undid release 7."""
    rolled_back = RolledBack(number=7, tag=tag, sources=undone)
    return replace(RELEASE, number=8, kind="rollback", rolled_back=rolled_back, **changes)


def latest(engine: Recorder, value: str | None) -> ReleaseRecord | None:
    """The last release when the parameter has this value."""
    on_record(engine, value)
    found: ReleaseRecord | None = engine.run(lambda: Releases("releases").latest)
    return found


def selected(engine: Recorder, record: ReleaseRecord) -> ReleaseSpec:
    on_record(engine, record.to_json())
    spec: ReleaseSpec = engine.run(lambda: Releases("releases").select(Build(**BUILD)))
    return spec


def on_record(engine: Recorder, value: str | None) -> None:
    if value:
        engine.functions[FUNCTION] = {"names": ["/preqly/test/other", PARAMETER], "values": ["x", value]}


def test_pulumi_creates_the_parameter_and_never_writes_it_again(engine: Recorder) -> None:
    engine.run(lambda: Releases("releases"))
    made = engine.one("ssm/parameter:Parameter")
    assert (made["name"], made["type"], made["value"]) == (PARAMETER, "String", INITIAL_VALUE)
    assert list(engine.options("ssm/parameter:Parameter", "releases-record").ignoreChanges) == ["value"]


@pytest.mark.parametrize(
    ("value", "found"), [(None, None), (INITIAL_VALUE, None), (replace(RELEASE, number=3).to_json(), 3)]
)
def test_the_last_release_is_read(engine: Recorder, value: str | None, found: int | None) -> None:
    assert latest(engine, value) == (replace(RELEASE, number=3) if found else None)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("[]", rf"SSM parameter {PARAMETER} does not hold a release record"),
        (
            replace(RELEASE, number=3, hosting="vm").to_json(),
            r"Release 3 ran with `hosting: vm`.*pulumi config set hosting fargate",
        ),
    ],
)
def test_a_broken_record_or_another_hosting_stops_the_update_without_a_traceback(
    engine: Recorder, value: str, said: str
) -> None:
    with pytest.raises(ReleaseFailed, match=said):
        latest(engine, value)


def test_sources_that_were_rolled_back_cause_a_warning(engine: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    reported: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", lambda line, _: reported.append(line))
    spec = selected(engine, after_rollback("cccc-1", "f0"))
    assert (spec.tag, spec.web_image) == (RELEASE.tag, RELEASE.web_image)
    (line,) = reported
    assert line.startswith("These sources are release 7, which was rolled back, so aaaa-1 stays, ")
    assert "python -m ops forward" in line


def test_other_sources_are_deployed_without_a_warning(engine: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulumi.log, "warn", lambda *_: pytest.fail("nothing to warn of"))
    assert selected(engine, RELEASE) == BUILT


def test_another_architecture_stops_the_update_without_a_traceback(engine: Recorder) -> None:
    with pytest.raises(ReleaseFailed, match="is built for x86_64, not arm64"):
        selected(engine, after_rollback("dddd-1", "f1", architecture="x86_64"))


@pytest.mark.parametrize(
    ("preview", "changes", "pending"),
    [
        (True, {}, "core.0002_b"),
        (False, {}, None),
        (True, {"heads": {"core": "0002_b", "account": "0001_initial"}}, None),
        (True, {"rolled_back": RolledBack(number=7, tag="x-1", sources="f0")}, None),
        # Every migration of an app that is not on record; none of an app without its recorded migration.
        (True, {"heads": {"core": "0002_b", "auth": "0012_alter"}}, "account.0001_initial"),
        (True, {"heads": {"core": "0009_later", "account": "0001_initial"}}, None),
    ],
)
def test_a_preview_lists_migrations_newer_than_the_record_when_the_record_has_them_all(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, preview: bool, changes: dict[str, Any], pending: str | None
) -> None:
    for name in ("account/migrations/0001_initial.py", "core/migrations/0001_a.py", "core/migrations/0002_b.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "core" / "migrations" / "__init__.py").touch()
    record = replace(RELEASE, heads={"core": "0001_a", "account": "0001_initial"})
    found = reported_pending(monkeypatch, tmp_path, replace(record, **changes), preview=preview)
    assert found == ([f"These sources would migrate: {pending}"] if pending else [])


def test_the_projects_own_migrations_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    (line,) = reported_pending(monkeypatch, ROOT / "app", replace(RELEASE, heads={}), preview=True)
    assert "core.0001_initial" in line


def reported_pending(patch: pytest.MonkeyPatch, sources: Path, record: ReleaseRecord, *, preview: bool) -> list[str]:
    said: list[str] = []
    patch.setattr(pulumi.log, "info", lambda line, _: said.append(line))
    engine = new_engine(preview=preview)
    on_record(engine, record.to_json())

    def program() -> Any:
        releases = Releases("releases")
        releases.report_pending_migrations(sources)
        return releases.latest

    engine.run(program)
    return said


@pytest.mark.parametrize(
    "record",
    [
        None,
        RELEASE,
        # A rollback undid other sources.
        after_rollback("bbbb-1", "f2"),
        # It undid only a setting, the base image of release 7, because the release on record has the same sources:
        # another setting is the fix.
        after_rollback("bbbb-1", "f1", sources="f1"),
    ],
)
def test_the_present_sources_are_deployed_unless_they_were_rolled_back(record: ReleaseRecord | None) -> None:
    assert select_release(BUILT, record) == BUILT


@pytest.mark.parametrize(
    ("tag", "record"),
    [
        ("cccc-1", after_rollback("cccc-1", "f1")),
        # Their second tag, when other sources were deployed in between.
        ("cccc-1", after_rollback("cccc-2", "f1")),
        # Their tag on another base image.
        ("cccc-1", after_rollback("bbbb-1", "f1")),
        # The setting that was rolled back.
        ("bbbb-2", after_rollback("bbbb-1", "f1", sources="f1")),
    ],
)
def test_sources_that_were_rolled_back_are_not_deployed_again(tag: str, record: ReleaseRecord) -> None:
    assert select_release(replace(BUILT, tag=tag), record) == ReleaseSpec(
        web_image=RELEASE.web_image,
        proxy_image=RELEASE.proxy_image,
        tag=RELEASE.tag,
        revision=RELEASE.revision,
        sources=record.sources,
        architecture="arm64",
        rolled_back=record.rolled_back,
    )


def test_tasks_of_another_architecture_do_not_get_the_release_on_record() -> None:
    with pytest.raises(ReleaseError, match=r"is built for x86_64, not arm64\..*architecture x86_64.*ops forward"):
        select_release(BUILT, after_rollback("cccc-1", "f1", architecture="x86_64"))
