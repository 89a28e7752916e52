"""Settings of `hosting: vm`: the rules that hold for a machine, and those that do not."""

import pytest

from infra.settings import SettingsError
from tests.infra.loaded import load


def test_a_machine_runs_one_task_unless_another_number_is_written():
    assert load(hosting="vm").min_tasks == load(hosting="vm", minTasks="2").min_tasks == 1
    assert load().min_tasks == 2


def test_the_fix_for_a_machine_that_is_too_small_is_the_smallest_that_fits():
    with pytest.raises(SettingsError, match=r"pulumi config set vmInstanceType t4g\.medium"):
        load(hosting="vm", taskMemory="1024")
    largest = r"pulumi config set taskMemory 16000; pulumi config set vmInstanceType t4g\.2xlarge"
    with pytest.raises(SettingsError, match=largest):
        load(hosting="vm", taskMemory="99999")


def test_rules_of_fargate_do_not_bind_a_machine():
    assert load(hosting="vm", taskCpu="300", taskMemory="300", vpcCidr="10.20.0.0/22", maxTasks="600").task_cpu == 300


def test_a_machine_has_its_own_way_out_whatever_the_tasks_would_have():
    assert load(hosting="vm", egress="endpoints", emailUrl="ses://").way_out == "public"
    assert load(egress="endpoints").way_out == "endpoints"
