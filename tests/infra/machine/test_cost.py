"""What the machine costs."""

from infra import prices
from infra.machine.cost import machine_lines
from infra.machine.sizes import INSTANCE_TYPES


def test_every_type_that_the_site_may_run_on_has_a_price() -> None:
    assert set(INSTANCE_TYPES) == set(prices.INSTANCE_HOUR)
    assert all(line.usd is not None for name in INSTANCE_TYPES for line in machine_lines(name))


def test_a_type_without_a_price_is_not_free() -> None:
    assert next(iter(machine_lines("m99.huge"))).usd is None
