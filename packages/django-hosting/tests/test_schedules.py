"""One run of a schedule, its mail, and the times of schedules; the lock is tested with PostgreSQL (tests/docker)."""

import os
import signal
import sys
import threading
import time
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from django_hosting import application
from django_hosting.application import Schedule, parse
from django_hosting.schedules import command, failure, run, scheduler
from django_hosting.schedules.cron import times

TOPIC = "arn:aws:sns:us-east-1:123456789012:alarms"
PYTHON = (sys.executable, "-c")


@pytest.fixture
def schedules(monkeypatch: pytest.MonkeyPatch) -> dict[str, Schedule]:
    """The schedules of the application, empty at first."""
    found: dict[str, Schedule] = {}
    changed = replace(application.application(), schedules=found, stop_seconds=1)
    for module in (run, scheduler):
        monkeypatch.setattr(module, "application", lambda: changed)
    return found


@pytest.fixture
def mails(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """What SNS was given."""
    sent: list[dict[str, str]] = []
    client = boto3.client("sns", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    monkeypatch.setattr(client, "publish", lambda **given: sent.append(given))
    monkeypatch.setattr(boto3, "client", lambda *_, **__: client)
    monkeypatch.setenv("ALARM_TOPIC", TOPIC)
    monkeypatch.setenv("ALARM_SUBJECT", "site-prod")
    return sent


def job(*words: str, seconds: int = 30) -> Schedule:
    return Schedule(words, "30 3 * * *", "UTC", seconds)


def test_the_document_names_the_schedules() -> None:
    one = {"command": ["a", "b"], "cron": "0 3 * * *", "timezone": "UTC", "seconds": 60}
    found = parse({"settings": "x", "schedules": {"digest": one}}).schedules
    assert found == {"digest": Schedule(("a", "b"), "0 3 * * *", "UTC", 60)}


def test_a_run_that_succeeds_mails_nothing(schedules: dict[str, Schedule], mails: list[Any], capfd: Any) -> None:
    schedules["digest"] = job(*PYTHON, "print('sent 3')")
    assert run.run("digest") == 0
    assert "sent 3" in capfd.readouterr().out
    assert mails == []


def test_a_failed_run_mails_its_end_without_the_values_of_secrets(
    schedules: dict[str, Schedule], mails: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = {"API_KEY": "k-123456", "REDIS": "rediss://me:p%40ss-word@cache/0", "OLD_KEYS": "first-one,second-one"}
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SECRET_VARIABLES", ",".join(secrets))
    monkeypatch.setenv("SCHEDULED_TIME", "2026-11-30T03:30:00Z")
    monkeypatch.setenv("RELEASE", "abc")
    said = "key k-123456 password p@ss-word old second-one url rediss://me:p%40ss-word@cache/0"
    schedules["digest"] = job(*PYTHON, f"print('earlier'); print({said!r}); raise SystemExit(7)")
    assert run.run("digest") == run.MAILED
    (mail,) = mails
    assert (mail["TopicArn"], mail["Subject"]) == (TOPIC, "site-prod Schedule digest failed")
    lines = mail["Message"].splitlines()
    for line in ("Schedule: digest", "Exit code: 7", "Scheduled for: 2026-11-30T03:30:00Z", "Release: abc", "earlier"):
        assert line in lines
    assert lines[-1] == "key *** password *** old *** url ***"


def test_a_mail_names_the_log_stream(
    mails: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    metadata = tmp_path / "metadata"
    metadata.write_text('{"LogOptions": {"awslogs-group": "app", "awslogs-stream": "command/command/1"}}')
    monkeypatch.setenv("ECS_CONTAINER_METADATA_URI_V4", metadata.as_uri())
    assert failure.mail("x", {}, [])
    assert "Log group: app\nLog stream: command/command/1" in mails[0]["Message"]


@pytest.mark.parametrize(("code", "exits"), [(7, 7), (run.MAILED, 1)])
def test_without_a_way_to_sns_the_platform_sees_the_failure(
    schedules: dict[str, Schedule], monkeypatch: pytest.MonkeyPatch, code: int, exits: int
) -> None:
    client = boto3.client("sns", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    stub = Stubber(client)
    stub.add_client_error("publish", "AuthorizationError")
    stub.activate()
    monkeypatch.setattr(boto3, "client", lambda *_, **__: client)
    monkeypatch.setenv("ALARM_TOPIC", TOPIC)
    schedules["digest"] = job(*PYTHON, f"raise SystemExit({code})")
    assert run.run("digest") == exits


def test_a_schedule_that_the_release_does_not_have_fails(schedules: dict[str, Schedule], mails: list[Any]) -> None:
    assert run.run("digest") == run.MAILED
    assert "no schedule of this name" in mails[0]["Message"]


def test_a_run_past_its_time_is_stopped_with_all_that_it_started() -> None:
    began = time.monotonic()
    child = "import time; print(1, flush=True); time.sleep(60)"
    sleeps = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    ended = command.run([*PYTHON, sleeps], seconds=2, stop_seconds=1)
    assert ended.reason == "it took longer than 2 s"
    assert ended.code == 143
    assert time.monotonic() - began < 20


@pytest.mark.parametrize(("program", "code"), [("no-such-program", 127), ("/", 126)])
def test_a_command_that_does_not_start_has_the_code_of_a_shell(program: str, code: int) -> None:
    ended = command.run([program], seconds=5, stop_seconds=1)
    assert (ended.code, ended.lines[0].startswith(program)) == (code, True)


def test_sigterm_reaches_the_command() -> None:
    waits = "import signal, sys, time; signal.signal(15, lambda *_: sys.exit(3)); print('up'); time.sleep(60)"
    threading.Timer(2, lambda: os.kill(os.getpid(), signal.SIGTERM)).start()
    ended = command.run([*PYTHON, waits], seconds=30, stop_seconds=1)
    assert (ended.code, ended.reason, ended.lines) == (3, "", ("up",))


def test_a_job_is_not_bound_to_the_time_of_a_request() -> None:
    ended = command.run([*PYTHON, "import os; print(os.environ['PGOPTIONS'])"], seconds=30, stop_seconds=1)
    assert ended.lines == ("-c statement_timeout=0 -c idle_in_transaction_session_timeout=0",)


def test_times_skip_what_daylight_saving_skips_and_repeat_nothing() -> None:
    def local(begin: str, expression: str, count: int) -> list[str]:
        moments = times(expression, "Europe/Berlin", datetime.fromisoformat(begin).replace(tzinfo=timezone.utc))
        return [f"{next(moments):%d %H:%M}" for _ in range(count)]

    assert local("2026-03-27T12:00", "30 2 * * *", 2) == ["28 02:30", "30 02:30"]
    assert local("2026-10-24T12:00", "30 2 * * *", 2) == ["25 02:30", "26 02:30"]
    assert local("2026-10-24T23:50", "*/30 * * * *", 4) == ["25 02:00", "25 02:30", "25 03:00", "25 03:30"]


def test_the_scheduler_starts_each_run_at_its_time_until_it_is_stopped(
    schedules: dict[str, Schedule], monkeypatch: pytest.MonkeyPatch
) -> None:
    schedules["digest"] = Schedule(("x",), "* * * * *", "UTC", 60)
    minutes = ("00:30", "00:59", "01:00", "03:30", "03:31", "03:59", "04:00", "04:00")
    clock = (f"2026-11-30T03:{minute}" for minute in minutes)
    moments = (datetime.fromisoformat(one).replace(tzinfo=timezone.utc) for one in clock)
    monkeypatch.setattr(scheduler, "_now", lambda: next(moments))
    started: list[str] = []

    def start(arguments: list[str], env: dict[str, str]) -> Any:
        started.append(env["SCHEDULED_TIME"])
        if len(started) == 3:
            os.kill(os.getpid(), signal.SIGTERM)
        return Ended()

    monkeypatch.setattr(scheduler.subprocess, "Popen", start)
    monkeypatch.setattr(scheduler.threading.Event, "wait", lambda event, _: event.is_set())
    assert scheduler.serve() == 0
    # The machine slept from 3:01 to 3:03:30.
    assert [one[11:16] for one in started] == ["03:01", "03:02", "03:04"]


class Ended:
    def poll(self) -> int:
        return 0

    def wait(self) -> int:
        return 0

    def terminate(self) -> None: ...
