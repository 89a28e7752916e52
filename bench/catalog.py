"""Titles and units of the measures."""

from dataclasses import dataclass

from bench import peers
from bench.samples import OURS, Spread

PARTS = ("images", "serving", "start", "stop", "rollout", "everyday")
"""In the order in which they run."""


@dataclass(frozen=True)
class Unit:
    """A unit and its number format."""

    name: str
    divisor: float = 1.0
    digits: int = 3
    """Significant digits."""

    def text(self, value: float) -> str:
        """The number with its unit."""
        return f"{self.number(value)} {self.name}".strip()

    def number(self, value: float) -> str:
        """The number alone, never in scientific notation."""
        scaled = value / self.divisor
        if scaled == 0 or abs(scaled) >= 10 ** (self.digits - 1):
            return f"{scaled:,.0f}"
        return f"{float(f'{scaled:.{self.digits}g}'):g}"

    def spread(self, found: Spread) -> str:
        """The median, and the range if there is one."""
        if found.low == found.high:
            return self.text(found.median)
        return f"{self.text(found.median)} ({self.number(found.low)} to {self.number(found.high)})"


SECONDS, MILLISECONDS, MEGABYTES = Unit("s"), Unit("ms"), Unit("MB", 1e6)
PER_SECOND, COUNT, BYTES = Unit("/s"), Unit(""), Unit("bytes", digits=7)

MEASURES: dict[str, tuple[str, Unit]] = {
    "images.unpacked_bytes": ("image above the base, unpacked", MEGABYTES),
    "images.gzip_bytes": ("image above the base, compressed", MEGABYTES),
    "images.rebuild_seconds": ("rebuild after one line of code", SECONDS),
    "images.changed_bytes": ("changed layers, compressed", MEGABYTES),
    "serving.page_cpu_ms": ("page: CPU a request", MILLISECONDS),
    "serving.page_rps": ("page: requests", PER_SECOND),
    "serving.page_p99_ms": ("page: 99th percentile", MILLISECONDS),
    "serving.database_cpu_ms": ("database page: CPU a request", MILLISECONDS),
    "serving.database_rps": ("database page: requests", PER_SECOND),
    "serving.database_p99_ms": ("database page: 99th percentile", MILLISECONDS),
    "serving.static_cpu_ms": ("static file: CPU a request", MILLISECONDS),
    "serving.static_rps": ("static file: requests", PER_SECOND),
    "serving.static_p99_ms": ("static file: 99th percentile", MILLISECONDS),
    "serving.static_bytes": ("static file: bytes sent", BYTES),
    "serving.microcache_cpu_ms": ("page kept a second: CPU a request", MILLISECONDS),
    "serving.microcache_rps": ("page kept a second: requests", PER_SECOND),
    "serving.microcache_p99_ms": ("page kept a second: 99th percentile", MILLISECONDS),
    "serving.steady_rps": ("fixed load", PER_SECOND),
    "serving.steady_p99_ms": ("fixed load: 99th percentile", MILLISECONDS),
    "serving.steady_failed": ("fixed load: failed requests", COUNT),
    "start.seconds": ("start to first answer, a quarter CPU", SECONDS),
    "stop.seconds": ("SIGTERM to exit, idle connection held", SECONDS),
    "rollout.configured_seconds": ("rollout: configured wait", SECONDS),
    "rollout.seconds": ("rollout: until nothing old is left", SECONDS),
    "rollout.failed_requests": ("rollout: failed requests", COUNT),
    "rollout.requests": ("rollout: requests meanwhile", COUNT),
    "everyday.seconds": ("command", SECONDS),
    "everyday.peak_mib": ("command: largest process", Unit("MiB")),
}
"""Title and unit by measure."""


def title(subject: str) -> str:
    """Title of a subject in tables."""
    known = {peer.name: peer.title for peer in peers.load().values()} | {"uncached": "ours, not kept"}
    return known.get(subject, subject)


def in_order(subjects: list[str]) -> list[str]:
    """Ours first."""
    return sorted(subjects, key=lambda subject: subject != OURS)
