"""The monthly cost of the stack without traffic: its total, its parts, and the choices of egress."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

from infra.ecs.process import Process
from infra.foundation.network import EGRESS
from infra.pricing.lines import Line, ScheduledRuns, address_usd, bill, egress_usd
from infra.pricing.part import Part
from infra.pricing.priced_settings import PricedSettings
from infra.pricing.usage import USAGE, Usage


@dataclass(frozen=True)
class Estimate:
    """A month's bill in US dollars."""

    lines: tuple[Line, ...]
    usage: tuple[Usage, ...] = ()
    """What the lines leave out, because it depends on use."""

    @property
    def total_usd(self) -> float:
        """The sum of all lines with a price, rounded to cents."""
        return round(sum(line.usd or 0 for line in self.lines), 2)

    @property
    def usd_by_part(self) -> dict[str, float]:
        """The sum of each part that has a price, rounded to cents."""
        parts = {part: sum(line.usd or 0 for line in self.lines if line.part == part) for part in get_args(Part)}
        return {part: round(usd, 2) for part, usd in parts.items() if usd}


def monthly_estimate(
    settings: PricedSettings, processes: Sequence[Process] = (), schedules: Sequence[ScheduledRuns] = ()
) -> Estimate:
    """The bill of a month of 730 hours at the prices of us-east-1, with `processes` beside the web service."""
    return Estimate(bill(settings, processes, schedules), USAGE)


def compare_egress(settings: PricedSettings, processes: Sequence[Process] = ()) -> dict[str, float]:
    """The monthly price of each choice of `egress`, with all other settings unchanged."""
    addresses = address_usd(sum(process.min_tasks for process in processes))
    return {
        egress: round(egress_usd(settings, egress) + (addresses if egress == "public" else 0), 2) for egress in EGRESS
    }


def summary(
    settings: PricedSettings, processes: Sequence[Process] = (), schedules: Sequence[ScheduledRuns] = ()
) -> str:
    """One line for previews: the month's cost, and the price of each choice of `egress`."""
    choices = ", ".join(
        f"{egress} {usd:.2f}{' (chosen)' if egress == settings.egress else ''}"
        for egress, usd in compare_egress(settings, processes).items()
    )
    total = monthly_estimate(settings, processes, schedules).total_usd
    where = "us-east-1" if settings.region == "us-east-1" else f"us-east-1, with other prices in {settings.region}"
    return (
        f"a quiet month costs about {total:.2f} USD in {where}, without traffic and other use; "
        f"egress of the tasks included: {choices}"
    )
