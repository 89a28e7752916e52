"""Which settings a plan is made with."""

import pytest

from local import preview, project

PRODUCTION = {"preqly:architecture": "arm64", "preqly:taskMemory": 1024, "preqly:waf": True, "preqly:minTasks": 3}


@pytest.fixture(autouse=True)
def production(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project, "stack_settings", lambda stack: dict(PRODUCTION))


def test_productions_own_settings_unless_a_kind_of_hosting_is_asked_for() -> None:
    assert preview._settings(None) == PRODUCTION
    assert preview._settings("fargate") == {**PRODUCTION, "preqly:hosting": "fargate"}


def test_a_machine_is_planned_without_what_it_cannot_have_and_it_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert preview._settings("vm") == {
        "preqly:architecture": "arm64",
        "preqly:taskMemory": 1024,
        "preqly:hosting": "vm",
        "preqly:vmInstanceType": "t4g.medium",
    }
    assert "without preqly:waf, preqly:minTasks" in capsys.readouterr().err
