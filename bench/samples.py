"""Samples by measure and subject, their median and range."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

OURS = "ours"
QUIET_ENOUGH = 3
"""Number of quiet samples from which on noisy ones are left out."""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One measured value."""

    value: float
    noisy: bool = False
    """Taken while other programs used the machine."""


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Median and range of the samples that count."""

    median: float
    low: float
    high: float
    count: int
    noisy: bool
    """Whether noisy samples count, because there are too few quiet ones."""

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
        """Whether the ranges have a value in common."""
        return self.low <= other.high and other.low <= self.high


@dataclass
class Measures:
    """Samples by measure (such as `serving.page_cpu_ms`) and subject (`ours`, or a peer's name)."""

    samples: dict[str, dict[str, list[Sample]]] = field(default_factory=dict)

    def add(self, measure: str, subject: str, value: float, *, noisy: bool = False) -> None:
        """Add a sample, with six significant digits."""
        found = self.samples.setdefault(measure, {}).setdefault(subject, [])
        found.append(Sample(value=float(f"{value:.6g}"), noisy=noisy))

    def add_all(self, measure: str, subject: str, values: Iterable[float]) -> None:
        """Add several quiet samples."""
        for value in values:
            self.add(measure, subject, value)

    def spread(self, measure: str, subject: str) -> Spread | None:
        """None when it was not measured."""
        found = self.samples.get(measure, {}).get(subject)
        return Spread.of(found) if found else None

    def update(self, other: "Measures") -> None:
        """Replace the measures that `other` has."""
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
        """The inverse of `as_json`."""
        return cls(
            {
                measure: {subject: [Sample(**one) for one in found] for subject, found in subjects.items()}
                for measure, subjects in content.items()
            }
        )
