"""Targets, and the verdict on each: met, missed, or not comparable."""

from dataclasses import dataclass
from enum import StrEnum

from bench.samples import OURS, Measures, Spread


class Result(StrEnum):
    """The result for one target."""

    MET = "met"
    MISSED = "missed"
    NOT_COMPARABLE = "not comparable"
    NOT_MEASURED = "not measured"


@dataclass(frozen=True, kw_only=True)
class Target:
    """A bound on ours alone, or on ours divided by a peer's."""

    id: str
    measure: str
    peer: str | None = None
    """None: the limit is in the measure's own unit."""
    at_most: float | None = None
    at_least: float | None = None

    @property
    def bound(self) -> str:
        """Such as `<= 0.35x`."""
        sign, limit = ("<=", self.at_most) if self.at_most is not None else (">=", self.at_least)
        return f"{sign} {limit:.2g}{'x' if self.peer else ''}"

    def holds(self, value: float) -> bool:
        """Whether a ratio, or a value in the measure's unit, is within the bound."""
        return (self.at_most is None or value <= self.at_most) and (self.at_least is None or value >= self.at_least)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The result for one target, with its numbers."""

    target: Target
    result: Result
    why: str
    ours: Spread | None = None
    theirs: Spread | None = None
    ratio: float | None = None


def judge(target: Target, measures: Measures) -> Verdict:
    """Compare medians; without overlapping ranges the target is met or missed, else not comparable."""
    ours = measures.spread(target.measure, OURS)
    theirs = measures.spread(target.measure, target.peer) if target.peer else None
    if ours is None or (target.peer and theirs is None):
        return Verdict(target=target, result=Result.NOT_MEASURED, why="no samples", ours=ours, theirs=theirs)
    if theirs is None:
        # Here the worst sample counts, not the median.
        worst = ours.high if target.at_most is not None else ours.low
        result = Result.MET if target.holds(worst) else Result.MISSED
        return Verdict(target=target, result=result, why=_noise(ours), ours=ours)
    ratio = ours.median / theirs.median if theirs.median else float("inf")
    if ours.overlaps(theirs):
        why = _join("the ranges overlap", _noise(ours, theirs))
        return Verdict(target=target, result=Result.NOT_COMPARABLE, why=why, ours=ours, theirs=theirs, ratio=ratio)
    result = Result.MET if target.holds(ratio) else Result.MISSED
    return Verdict(target=target, result=result, why=_noise(ours, theirs), ours=ours, theirs=theirs, ratio=ratio)


def _noise(*spreads: Spread) -> str:
    return "on a busy machine" if any(spread.noisy for spread in spreads) else ""


def _join(*reasons: str) -> str:
    return "; ".join(reason for reason in reasons if reason)


TARGETS = (
    Target(id="I1", measure="images.unpacked_bytes", peer="testdriven", at_most=0.35),
    Target(id="I1", measure="images.unpacked_bytes", peer="single_stage", at_most=0.35),
    Target(id="I1", measure="images.unpacked_bytes", peer="multistage", at_most=0.8),
    Target(id="I1", measure="images.unpacked_bytes", peer="cookiecutter", at_most=0.8),
    Target(id="I1", measure="images.gzip_bytes", peer="testdriven", at_most=0.35),
    Target(id="I1", measure="images.gzip_bytes", peer="single_stage", at_most=0.35),
    Target(id="I1", measure="images.gzip_bytes", peer="multistage", at_most=0.8),
    Target(id="I1", measure="images.gzip_bytes", peer="cookiecutter", at_most=0.8),
    Target(id="I2", measure="images.rebuild_seconds", peer="single_stage", at_most=0.2),
    Target(id="I2", measure="images.changed_bytes", at_most=1_000_000),
    Target(id="S1", measure="serving.page_cpu_ms", peer="testdriven", at_most=0.78),
    Target(id="S1", measure="serving.page_cpu_ms", peer="single_stage", at_most=0.73),
    Target(id="S2", measure="serving.database_cpu_ms", peer="testdriven", at_most=0.6),
    Target(id="S2", measure="serving.database_rps", peer="testdriven", at_least=3),
    Target(id="S3", measure="serving.static_cpu_ms", peer="single_stage", at_most=0.12),
    Target(id="S3", measure="serving.static_cpu_ms", peer="cookiecutter", at_most=0.04),
    Target(id="S3", measure="serving.static_bytes", peer="single_stage", at_most=0.85),
    Target(id="S4", measure="serving.microcache_rps", peer="uncached", at_least=30),
    Target(id="S5", measure="serving.steady_p99_ms", peer="testdriven", at_most=1.0),
    Target(id="D1", measure="rollout.configured_seconds", peer="cdk", at_most=1 / 15),
    Target(id="D1", measure="rollout.configured_seconds", peer="testdriven", at_most=1 / 15),
    Target(id="D1", measure="rollout.configured_seconds", peer="copilot", at_most=1 / 4),
    Target(id="D2", measure="rollout.seconds", peer="testdriven", at_most=1 / 8),
    Target(id="D2", measure="rollout.failed_requests", at_most=0),
    Target(id="D3", measure="stop.seconds", at_most=3),
    Target(id="D3", measure="stop.seconds", peer="single_stage", at_most=0.1),
    Target(id="D4", measure="start.seconds", peer="single_stage", at_most=0.2),
    Target(id="D4", measure="start.seconds", peer="cookiecutter", at_most=0.25),
)
"""In the order of the report. Ratios are ours divided by theirs."""
