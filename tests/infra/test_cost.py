"""The monthly bill has every priced resource, at the prices of the table."""

import json
import re
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.application.discovery import find_application
from infra.ecs.process import Process
from infra.pricing import prices
from infra.pricing.cost import compare_egress, monthly_estimate, summary
from infra.pricing.lines import ALARMS, CONTAINERS, ScheduledRuns, insights_metrics
from infra.pricing.usage import FREE, USAGE
from infra.settings import schedule_rules
from local.runtime import ROOT
from tests.infra.settings_helpers import load, settings
from tests.program.shapes import SHAPES
from tests.recorder import Recorder, declared_with

BLOCKS = ["AWSManagedRulesSQLiRuleSet"]


def total(**changes):
    return monthly_estimate(settings(**changes)).total_usd


def test_the_bill_of_the_defaults_adds_up():
    lines = {line.name: round(line.usd, 2) for line in monthly_estimate(settings()).lines if line.usd is not None}
    assert lines == {
        "2 tasks (256 CPU units, 512 MiB, arm64)": 14.42,
        "load balancer and its addresses": 23.73,
        "Container Insights (223 metrics)": 15.61,
        "egress of the tasks (gateway)": 36.50,
        "db.t4g.micro in one zone": 11.68,
        "20 GB of database storage": 2.30,
        "secret, key and hosted zone": 1.90,
        "1 GB of logs": 0.50,
        "1 GB of images": 0.10,
        "9 alarms": 0.90,
        "dashboard": 3.00,
    }
    assert total() == 110.63


def test_one_task_with_a_public_address_costs_what_the_comparison_says():
    """A manual bill of the same topology has 49.61; this one adds secret, key, monitoring and half a GB of images."""
    monitoring = ALARMS * prices.ALARM + prices.DASHBOARD + insights_metrics(1) * prices.INSIGHTS_METRIC
    ours_alone = prices.SECRET + prices.KEY + monitoring + 0.5 * prices.IMAGES_GB
    assert total(egress="public", min_tasks=1) - ours_alone == pytest.approx(49.61, abs=0.02)


@pytest.mark.parametrize(
    ("changes", "usd"),
    [
        # ARM is a fifth cheaper, and a standby doubles the database and its storage.
        ({"architecture": "x86_64"}, 14.42 * 0.25),
        ({"database_multi_az": True}, 11.68 + 2.30),
        # The web ACL and its rules; mail by the thousand.
        ({"waf": True}, 10.0),
        ({"waf": True, "waf_blocks": ("AWSManagedRulesSQLiRuleSet",)}, 11.0),
        ({"email_url": "ses://"}, 0.10),
        ({"secret_environment": {"STRIPE_KEY": "x", "OTHER": "y"}}, 0.40),
        ({"environment": {"FEATURE": "on"}, "existing_secrets": {"TEAM": "arn"}}, 0),
    ],
)
def test_a_setting_adds_its_price_to_the_bill(changes, usd):
    assert total(**changes) - total() == pytest.approx(usd, abs=0.03)


@pytest.mark.parametrize(
    ("egress", "usd"), [("gateway", 36.5), ("gateway-per-zone", 73.0), ("public", 7.3), ("endpoints", 73.0)]
)
def test_the_choices_of_egress_are_compared_by_what_they_add_to_the_bill(egress, usd):
    compared = compare_egress(settings())
    assert compared[egress] == usd
    assert total(egress=egress) - total() == pytest.approx(usd - compared["gateway"], abs=0.01)


def test_a_preview_shows_the_total_and_the_price_of_each_choice():
    assert summary(settings(egress="public")) == (
        "a quiet month costs about 81.43 USD in us-east-1, without traffic and other use; "
        "egress of the tasks included: gateway 36.50, gateway-per-zone 73.00, public 7.30 (chosen), endpoints 73.00"
    )
    assert "in us-east-1, with other prices in eu-central-1, without" in summary(settings(region="eu-central-1"))


def test_each_node_of_a_cache_costs_the_same_and_has_its_alarms():
    one, two = (
        {line.name: line.usd or 0 for line in monthly_estimate(settings(cache="valkey", cache_replicas=replicas)).lines}
        for replicas in (0, 1)
    )
    assert one["cache of 1 cache.t4g.micro"] == pytest.approx(9.344)
    assert two["cache of 2 cache.t4g.micro"] == pytest.approx(2 * 9.344)
    assert two["6 alarms of the cache"] == pytest.approx(2 * one["3 alarms of the cache"])
    assert one["secret of the variables"] == 0.4


def test_a_class_without_a_price_is_said_to_have_none():
    estimate = monthly_estimate(settings(database_class="db.x2g.16xlarge"))
    (unknown,) = [line for line in estimate.lines if line.usd is None]
    assert unknown.name == "db.x2g.16xlarge in one zone"
    assert estimate.total_usd == round(total() - 11.68, 2)


def test_the_price_table_says_when_it_was_looked_up():
    assert re.search(r"looked up in \w+ 20\d\d", prices.__doc__)


@given(tasks=st.integers(1, 100), more=st.integers(1, 100))
def test_more_tasks_never_cost_less(tasks, more):
    assert total(min_tasks=tasks + more) > total(min_tasks=tasks)


def billed(engine: Recorder) -> Counter[str]:
    """Resources of the plan by type, without the types that FREE names. Gateway endpoints cost nothing."""
    found = Counter(
        resource.typ.removeprefix("aws:").rpartition(":")[0]
        for resource in engine.resources
        if resource.typ.startswith("aws:") and resource.inputs.get("vpcEndpointType") != "Gateway"
    )
    return Counter({kind: count for kind, count in found.items() if not {kind, kind.partition("/")[0]} & FREE})


USED = {kind for usage in USAGE for kind in usage.resources}
PLANS = {**SHAPES, "two gateways": {"egress": "gateway-per-zone", "waf": "true", "wafBlocks": json.dumps(BLOCKS)}}


@pytest.mark.parametrize("name", PLANS)
def test_every_billed_resource_of_the_plan_is_priced_or_named_as_billed_by_use(name):
    config = PLANS[name]
    runs = schedule_rules.runs(load(**config), find_application(ROOT / "app").manifest.schedules)
    engine, lines = declared_with(**config), monthly_estimate(load(**config), schedules=runs).lines
    priced = sum((Counter(line.resources) for line in lines), Counter())
    declared = billed(engine)
    assert declared.keys() <= priced.keys() | USED
    different = {kind for kind in priced if declared[kind] != priced[kind]}
    # The zone costs the same when another stack created it.
    assert different <= {"route53/zone"}


def test_a_type_is_free_or_billed_and_each_that_is_billed_occurs():
    declared = sum((billed(declared_with(**config)) for config in PLANS.values()), Counter())
    assert not {kind for kind in USED if {kind, kind.partition("/")[0]} & FREE}
    assert declared.keys() >= USED


def test_a_schedule_costs_at_least_a_minute_for_each_run():
    nightly = ScheduledRuns(name="digest", runs=30.4, cpu=1024, memory=2048)
    minute = (prices.FARGATE_VCPU_HOUR["arm64"] + 2 * prices.FARGATE_GB_HOUR["arm64"]) / 60
    lines = {line.name: line.usd for line in monthly_estimate(settings(), schedules=[nightly]).lines}
    assert lines["30 runs of digest, a minute each (1024 CPU units, 2048 MiB)"] == pytest.approx(30.4 * minute)
    assert lines["alarm of the schedules"] == prices.ALARM


def test_container_insights_is_priced_for_the_containers_that_run(declared):
    serving = json.loads(declared.one("ecs/taskDefinition:TaskDefinition", "web-web-task")["containerDefinitions"])
    assert len(serving) == CONTAINERS
    (setting,) = declared.one("ecs/cluster:Cluster")["settings"]
    assert setting == {"name": "containerInsights", "value": "enhanced"}
    assert insights_metrics(3) - insights_metrics(2) == 64


def test_the_rules_of_the_web_acl_are_counted():
    engine = declared_with(**PLANS["two gateways"])
    rules = len(engine.one("wafv2/webAcl:WebAcl")["rules"])
    assert total(waf=True, waf_blocks=tuple(BLOCKS)) - total() == pytest.approx(prices.WEB_ACL + rules, abs=0.01)


def test_every_price_by_use_has_a_unit_and_the_page_lists_it():
    assert all(usage.usd > 0 and usage.unit for usage in USAGE)
    assert monthly_estimate(settings()).usage == USAGE


def test_a_process_is_in_the_bill_and_on_spot_its_tasks_cost_less() -> None:
    worker = Process(name="worker", cpu=1024, memory=2048, min_tasks=2, max_tasks=4, stop_seconds=30)

    def tasks_usd(process: Process) -> float:
        lines = monthly_estimate(settings(), [process]).lines
        return next(line.usd or 0 for line in lines if line.name.startswith("2 tasks of worker"))

    assert round(tasks_usd(worker), 2) == round(2 * (0.03238 + 2 * 0.00356) * 730, 2)
    assert tasks_usd(replace(worker, spot=True)) < tasks_usd(worker) / 3
    before, after = compare_egress(settings()), compare_egress(settings(), [worker])
    assert round(after["public"] - before["public"], 2) == 7.3, "each task has an address of its own"
    assert after["gateway"] == before["gateway"]
