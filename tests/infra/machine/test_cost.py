"""What the machine costs beside the same site on Fargate."""

from infra import prices
from infra.cost import monthly_estimate
from infra.machine.cost import machine_lines
from infra.machine.sizes import INSTANCE_TYPES
from infra.settings import Settings


def test_every_type_that_the_site_may_run_on_has_a_price() -> None:
    assert set(INSTANCE_TYPES) == set(prices.INSTANCE_HOUR)
    assert all(line.usd is not None for name in INSTANCE_TYPES for line in machine_lines(name))


def test_the_default_machine_costs_about_a_third_less_than_the_cheapest_containers() -> None:
    fargate = monthly_estimate(Settings(region="us-east-1", egress="public", min_tasks=1))
    kept = [line for line in fargate.lines if not line.name.startswith(("1 tasks", "load balancer", "way out"))]
    assert len(kept) == len(fargate.lines) - 3
    machine = sum(line.usd or 0 for line in (*kept, *machine_lines("t4g.small")))
    assert 0.55 < machine / fargate.total_usd < 0.75


def test_a_type_without_a_price_is_not_free() -> None:
    assert next(iter(machine_lines("m99.huge"))).usd is None
