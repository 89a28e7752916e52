"""Sizes are taken exactly when AWS sells them, whatever the numbers."""

from hypothesis import given
from hypothesis import strategies as st

from infra import fargate_size, size_rules
from infra.settings import SettingsError
from tests.infra.loaded import load


@given(cpu=st.integers(0, 20_000), memory=st.integers(0, 130_000))
def test_a_task_size_is_taken_exactly_when_fargate_sells_it(cpu, memory):
    legal = memory in fargate_size.MEMORY_BY_CPU.get(cpu, ())
    try:
        load(taskCpu=str(cpu), taskMemory=str(memory))
    except SettingsError:
        assert not legal
    else:
        assert legal


@given(days=st.integers(-10, 5000))
def test_log_days_are_taken_exactly_when_cloudwatch_knows_them(days):
    try:
        load(logDays=str(days))
    except SettingsError:
        assert days not in size_rules.LOG_DAYS
    else:
        assert days in size_rules.LOG_DAYS


def test_the_databases_architecture_is_independent_of_the_tasks():
    assert load(architecture="x86_64", databaseClass="db.t4g.micro").architecture == "x86_64"
    assert load(architecture="arm64", databaseClass="db.m6i.large").architecture == "arm64"
