"""The limit of a request in its thread, without a server."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from django_hosting.deadline import Deadline, DeadlineExceededError, database_limits, session_options, statement_timeout


def run(deadline: Deadline, work: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    """Do the work in a thread; its result, or the type of its error, is in the list."""
    found: list[object] = []

    def target() -> None:
        try:
            found.append(deadline.run(time.monotonic(), work, when_stuck=lambda: found.append("stuck")))
        except BaseException as error:  # noqa: BLE001 - the error is what is tested
            found.append(type(error))

    thread = threading.Thread(target=target)
    thread.start()
    return thread, found


def until(ended: threading.Event) -> Callable[[], str]:
    """Work in small steps of Python until the event is set."""

    def work() -> str:
        while not ended.is_set():
            time.sleep(0.001)
        return "done"

    return work


def test_work_within_the_limit_is_left_alone() -> None:
    deadline = Deadline(5)
    thread, found = run(deadline, lambda: "done")
    thread.join(5)
    deadline.end_overdue()
    assert (found, deadline.running) == (["done"], 0)


def test_overdue_work_is_interrupted_also_where_it_catches_exceptions() -> None:
    deadline, never = Deadline(0.01), threading.Event()

    def stubborn() -> str:
        while True:
            try:
                return until(never)()
            except Exception:  # noqa: BLE001, S112 - as applications do
                continue

    thread, found = run(deadline, stubborn)
    time.sleep(0.02)
    deadline.end_overdue()
    thread.join(5)
    assert (found, deadline.running) == ([DeadlineExceededError], 0)


def test_work_that_swallows_the_interruption_is_overdue_all_the_same() -> None:
    deadline, ended = Deadline(0.01), threading.Event()

    def swallowing() -> str:
        try:
            return until(ended)()
        except BaseException:  # noqa: BLE001 - as careless code does
            return "done"

    thread, found = run(deadline, swallowing)
    time.sleep(0.02)
    deadline.end_overdue()
    thread.join(5)
    assert found == [DeadlineExceededError]


def test_the_threads_next_request_is_not_interrupted() -> None:
    deadline = Deadline(0.002)
    for _ in range(200):
        began = time.monotonic()
        with suppress(DeadlineExceededError):
            deadline.run(began, lambda: time.sleep(0.003), when_stuck=lambda: None)
        ticker = threading.Thread(target=deadline.end_overdue)
        ticker.start()
        # Any error that is raised late would be raised here.
        assert sum(range(1000)) == 499_500
        ticker.join()


def test_a_thread_in_foreign_code_is_reported_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django_hosting.deadline.STUCK_AFTER_SECONDS", 0.01)
    deadline, lock = Deadline(0.01), threading.Lock()
    lock.acquire()
    thread, found = run(deadline, lock.acquire)
    for _ in range(4):
        time.sleep(0.02)
        deadline.end_overdue()
    assert (found, deadline.stuck) == (["stuck"], 1)
    lock.release()
    thread.join(5)
    assert (found, deadline.stuck, deadline.running) == (["stuck", DeadlineExceededError], 0, 0)


def test_a_request_that_waited_for_a_thread_until_its_limit_is_not_begun() -> None:
    with pytest.raises(DeadlineExceededError, match="waited for a thread"):
        Deadline(1).run(time.monotonic() - 1, lambda: pytest.fail("begun"), when_stuck=lambda: None)


@pytest.mark.parametrize("seconds", [2, 5, 30, 300])
def test_a_statement_ends_before_its_request_and_is_limited(seconds: int) -> None:
    assert 0 < statement_timeout(seconds) < seconds
    assert database_limits(seconds)["statement_timeout"] == f"{statement_timeout(seconds)}s"


def test_a_session_is_limited_like_a_role() -> None:
    assert session_options(30) == "-c statement_timeout=25s -c idle_in_transaction_session_timeout=30s"
