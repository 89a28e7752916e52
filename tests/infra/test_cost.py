"""The monthly bill has every priced resource, at the prices of the table."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.pricing import prices
from infra.pricing.cost import ALARMS, compare_egress, monthly_estimate, summary
from tests.infra.settings_helpers import settings


def total(**changes):
    return monthly_estimate(settings(**changes)).total_usd


def test_the_bill_of_the_defaults_adds_up():
    lines = {line.name: round(line.usd, 2) for line in monthly_estimate(settings()).lines if line.usd is not None}
    assert lines == {
        "2 tasks (256 CPU units, 512 MiB, arm64)": 14.42,
        "load balancer and its addresses": 23.73,
        "egress of the tasks (gateway)": 36.50,
        "db.t4g.micro in one zone": 11.68,
        "20 GB of database storage": 2.30,
        "secret, key and hosted zone": 1.90,
        "1 GB of logs, 1 GB of images": 0.60,
        "9 alarms": 0.90,
    }
    assert total() == 92.02


def test_one_task_with_a_public_address_costs_what_the_comparison_says():
    """A manual bill of the same topology has 49.61; this one adds a secret, a key, alarms and half a GB of images."""
    ours_alone = prices.SECRET + prices.KEY + ALARMS * prices.ALARM + 0.5 * prices.IMAGES_GB
    assert total(egress="public", min_tasks=1) - ours_alone == pytest.approx(49.61, abs=0.02)


@pytest.mark.parametrize(
    ("changes", "usd"),
    [
        # ARM is a fifth cheaper, and a standby doubles the database and its storage.
        ({"architecture": "x86_64"}, 14.42 * 0.25),
        ({"database_multi_az": True}, 11.68 + 2.30),
        # The web ACL and its rules; mail by the thousand.
        ({"waf": True}, 10.0),
        ({"email_url": "ses://"}, 0.10),
    ],
)
def test_a_setting_adds_its_price_to_the_bill(changes, usd):
    assert total(**changes) - total() == pytest.approx(usd, abs=0.03)


@pytest.mark.parametrize(("egress", "usd"), [("gateway", 36.5), ("public", 7.3), ("endpoints", 73.0)])
def test_the_choices_of_egress_are_compared_by_what_they_add_to_the_bill(egress, usd):
    compared = compare_egress(settings())
    assert compared[egress] == usd
    assert total(egress=egress) - total() == pytest.approx(usd - compared["gateway"], abs=0.01)


def test_a_preview_shows_the_total_and_the_price_of_each_choice():
    assert summary(settings(egress="public")) == (
        "a quiet month costs about 62.82 USD in us-east-1, egress of the tasks included: "
        "gateway 36.50, public 7.30 (chosen), endpoints 73.00"
    )


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


def test_the_number_of_alarms_is_the_number_declared(declared):
    assert len(declared.all("cloudwatch/metricAlarm:MetricAlarm")) == ALARMS
