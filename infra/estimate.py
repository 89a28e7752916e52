"""A month's bill, as positions with their prices. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """One position of the bill; `usd` is None where the price table has no price."""

    name: str
    usd: float | None


@dataclass(frozen=True)
class Estimate:
    """The month's bill of a quiet site, in US dollars; requests, traffic and tasks added by scaling come on top."""

    lines: tuple[Line, ...]

    @property
    def total_usd(self) -> float:
        """The sum of all priced lines, to the cent."""
        return round(sum(line.usd or 0 for line in self.lines), 2)
