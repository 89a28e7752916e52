"""What was measured: raw samples by measure and subject, and their middle and spread."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

OURS = "ours"
QUIET_ENOUGH = 3
"""With so many samples from quiet rounds, the noisy ones are left out."""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One reading."""

    value: float
    noisy: bool = False
    """Taken while other programs used the machine."""


@dataclass(frozen=True, kw_only=True)
class Spread:
    """The middle of the samples that count, and how far they reach."""

    median: float
    low: float
    high: float
    count: int
    noisy: bool
    """True when too few quiet samples were left and the noisy ones had to count."""

    @classmethod
    def of(cls, samples: Sequence[Sample]) -> "Spread":
        """Raises ValueError when there is no sample."""
        quiet = [sample.value for sample in samples if not sample.noisy]
        noisy = len(quiet) < min(QUIET_ENOUGH, len(samples))
        counted = [sample.value for sample in samples] if noisy else quiet
        if not counted:
            raise ValueError("no samples")
        return cls(median=median(counted), low=min(counted), high=max(counted), count=len(counted), noisy=noisy)

    def overlaps(self, other: "Spread") -> bool:
        """Whether some value could belong to either."""
        return self.low <= other.high and other.low <= self.high


@dataclass
class Measures:
    """Samples by measure (such as `serving.page_cpu_ms`) and subject (`ours`, or a peer's name)."""

    samples: dict[str, dict[str, list[Sample]]] = field(default_factory=dict)

    def add(self, measure: str, subject: str, value: float, *, noisy: bool = False) -> None:
        """One more reading."""
        found = self.samples.setdefault(measure, {}).setdefault(subject, [])
        found.append(Sample(value=float(f"{value:.6g}"), noisy=noisy))

    def add_all(self, measure: str, subject: str, values: Iterable[float]) -> None:
        """Several readings, none of them noisy."""
        for value in values:
            self.add(measure, subject, value)

    def spread(self, measure: str, subject: str) -> Spread | None:
        """None when it was not measured."""
        found = self.samples.get(measure, {}).get(subject)
        return Spread.of(found) if found else None

    def update(self, other: "Measures") -> None:
        """Replace what `other` has measured anew."""
        self.samples.update(other.samples)

    def as_json(self) -> dict[str, dict[str, list[dict[str, Any]]]]:
        """For the results file."""
        return {
            measure: {
                subject: [{"value": one.value, **({"noisy": True} if one.noisy else {})} for one in found]
                for subject, found in subjects.items()
            }
            for measure, subjects in self.samples.items()
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Mapping[str, Sequence[Mapping[str, Any]]]]) -> "Measures":
        """What `as_json` made."""
        return cls(
            {
                measure: {subject: [Sample(**one) for one in found] for subject, found in subjects.items()}
                for measure, subjects in content.items()
            }
        )
