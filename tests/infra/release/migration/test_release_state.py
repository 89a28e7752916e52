import json
from typing import Any

import pytest

from infra.release.migration import one_off_task, release_state
from infra.release.migration.one_off_task import OneOffTask
from infra.release.migration.release_state import STATE_COMMAND, ReleaseState, read
from infra.release.reporting import ReleaseError
from infra.release.rollout import stopped_task
from tests.infra.release.fake_aws import FAMILY, FakeAws

STATE = {"event": "release_state", "unapplied": ["core.0002_b"], "unknown": [], "heads": {"core": "0002_b"}}
TASK = OneOffTask(
    cluster="c", task_definition=f"{FAMILY}:8", subnets=[], security_groups=[], public_address=False, container="web"
)
ran: list[OneOffTask] = []


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> FakeAws:
    monkeypatch.setattr(release_state, "POLL_SECONDS", 0)
    ran.clear()

    def run(session: Any, task: OneOffTask) -> str:
        ran.append(task)
        return "arn/7"

    monkeypatch.setattr(one_off_task, "run", run)
    return FakeAws()


def test_the_state_is_read_from_its_last_line_in_the_log(aws: FakeAws) -> None:
    earlier = {**STATE, "unapplied": []}
    aws.logged = {"web/7": ["ready", json.dumps(earlier), json.dumps(STATE), "bye"]}
    assert read(aws.session, TASK) == ReleaseState(unapplied=["core.0002_b"], unknown=[], heads={"core": "0002_b"})
    assert [task.command for task in ran] == [STATE_COMMAND]


def test_a_late_line_is_waited_for(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [[], ["ready"], [json.dumps(STATE)]]
    monkeypatch.setattr(stopped_task, "container_log_lines", lambda *_: answers.pop(0))
    assert read(aws.session, TASK).heads == {"core": "0002_b"}
    assert answers == []


def test_a_missing_line_is_an_error_with_the_other_lines(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release_state, "LOG_SECONDS", 0)
    aws.logged = {"web/7": ["ready"]}
    with pytest.raises(ReleaseError) as failure:
        read(aws.session, TASK)
    said = str(failure.value)
    assert "its log has no line with the event release_state after 0 s" in said
    assert "  ready" in said
    assert "`python manage.py migration_state`" in said


def test_missing_permission_for_the_log_is_not_reported_as_an_error_of_the_image(aws: FakeAws) -> None:
    aws.refuses_logs = "AccessDeniedException"
    with pytest.raises(
        ReleaseError, match=r"(?s)AccessDeniedException.*GetLogEvents.*need logs:GetLogEvents"
    ) as failure:
        read(aws.session, TASK)
    assert "image" not in str(failure.value)


@pytest.mark.parametrize(
    "line", ["", "ready", "[]", "{}", '{"event": "release_state"}', '{"event": "x", "heads": {}}', "null", "3"]
)
def test_other_lines_are_not_a_state(line: str) -> None:
    assert ReleaseState.from_line(line) is None


def test_a_database_is_empty_when_no_app_has_its_first_migration() -> None:
    heads = {"account": "0001_initial", "core": "0002_b"}
    all_of_them = ["account.0001_initial", "core.0001_initial", "core.0002_b"]
    assert ReleaseState(unapplied=all_of_them, unknown=[], heads=heads).database_is_empty
    # A new app in an old database brings its first migration too.
    assert not ReleaseState(unapplied=["account.0001_initial"], unknown=[], heads=heads).database_is_empty
    assert not ReleaseState(unapplied=all_of_them, unknown=["old.0001_initial"], heads=heads).database_is_empty
    assert not ReleaseState(unapplied=[], unknown=[], heads=heads).database_is_empty
