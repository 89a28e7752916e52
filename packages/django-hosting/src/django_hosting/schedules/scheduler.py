"""`python -m django_hosting scheduler`: starts the runs of all schedules, where no EventBridge Scheduler does."""

import os
import signal
import subprocess
import sys
import threading
from datetime import datetime, timezone

from django_hosting.application import application
from django_hosting.schedules.cron import times

TIME_VARIABLE = "SCHEDULED_TIME"


def serve() -> int:
    """Start each run at its time, until SIGTERM; then pass it on and wait for the runs. Returns the exit code.

    What was due while the machine slept is started once.
    """
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    schedules, now = application().schedules, _now()
    due = {name: next(times(one.cron, one.timezone, now)) for name, one in schedules.items()}
    running: list[subprocess.Popen[bytes]] = []
    while not stopping.wait(max((min(due.values()) - _now()).total_seconds(), 0) if due else None):
        name = min(due, key=lambda one: due[one])
        running = [*(one for one in running if one.poll() is None), _start(name, due[name])]
        one = schedules[name]
        due[name] = next(times(one.cron, one.timezone, max(_now(), due[name])))
    for process in running:
        process.terminate()
    for process in running:
        process.wait()
    return 0


def _start(name: str, due: datetime) -> "subprocess.Popen[bytes]":
    environment = {**os.environ, TIME_VARIABLE: due.astimezone(timezone.utc).isoformat()}
    return subprocess.Popen([sys.executable, "-m", "django_hosting", "schedule", name], env=environment)


def _now() -> datetime:
    return datetime.now(timezone.utc)
