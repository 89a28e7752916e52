"""Clocks: how much shorter than on AWS the cloud waits."""

import pytest

from embedded_cloud.agents.ecs.tasks.container_definition import health_check
from embedded_cloud.config import TIME_FACTOR_VARIABLE, Clocks


def test_without_the_variable_the_cloud_takes_awss_own_time() -> None:
    clocks = Clocks.from_environment({})
    assert (clocks.shortened(60), clocks.poll_seconds) == (60, 0.5)


def test_the_factor_shortens_every_waiting_time_and_polls_no_faster_than_the_machine_bears() -> None:
    clocks = Clocks.from_environment({TIME_FACTOR_VARIABLE: "4"})
    assert (clocks.shortened(60), clocks.poll_seconds) == (15, 0.15)


@pytest.mark.parametrize("text", ["fast", "", "0.5", "nan"])
def test_a_factor_below_one_is_refused_by_the_variables_name(text: str) -> None:
    with pytest.raises(ValueError, match=f"{TIME_FACTOR_VARIABLE}={text} is not a number of 1 or more"):
        Clocks.from_environment({TIME_FACTOR_VARIABLE: text})


def test_container_health_checks_run_more_often_but_keep_their_time_limits() -> None:
    check = {"command": ["CMD", "true"], "interval": 20, "timeout": 5, "startPeriod": 40}
    docker = health_check(check, Clocks(time_factor=10))
    seconds = {name: docker[name] / 1_000_000_000 for name in ("interval", "timeout", "start_period")}
    assert seconds == {"interval": 2, "timeout": 5, "start_period": 40}
    assert health_check(check, Clocks(time_factor=100))["interval"] == 1_000_000_000
