"""One piece of work at a time, and what it is."""

import threading
from pathlib import Path

from infra.machine.program.lock import alone, at_work
from infra.machine.program.machine import Machine


def machine(folder: Path) -> Machine:
    return Machine(region="r", bucket="b", parameter="/p", log_group="app", memory=folder / "run")


def test_whoever_asks_is_told_what_goes_on(tmp_path: Path) -> None:
    here = machine(tmp_path)
    assert at_work(here) == ""
    with alone(here, "deploy releases/1.json"):
        assert at_work(here).startswith("deploy releases/1.json, since 20")
    assert at_work(here) == ""


def test_the_second_waits_for_the_first_and_does_not_hide_it(tmp_path: Path) -> None:
    here, order = machine(tmp_path), []
    begun = threading.Event()

    def second() -> None:
        begun.set()
        with alone(here, "the second"):
            order.append("second")

    with alone(here, "the first"):
        thread = threading.Thread(target=second)
        thread.start()
        begun.wait()
        thread.join(0.1)
        assert at_work(here).startswith("the first")
        order.append("first")
    thread.join()
    assert order == ["first", "second"]
