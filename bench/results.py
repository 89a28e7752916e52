"""The results file: what was measured, part by part, and on which machine. Parts that are not run again stay."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.samples import Measures
from bench.targets import TARGETS, Verdict, judge
from local.runtime import write_atomically

FORMAT = 2


@dataclass
class Results:
    """Everything there is to report."""

    machine: dict[str, Any] = field(default_factory=dict)
    parts: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Part to when it was measured, how long that took, and the load average before it."""
    measures: Measures = field(default_factory=Measures)

    @classmethod
    def read(cls, path: Path) -> "Results":
        """Empty when there is none yet, or one of an older format."""
        content = json.loads(path.read_text()) if path.exists() else {}
        if content.get("format") != FORMAT:
            return cls()
        return cls(content["machine"], content["parts"], Measures.from_json(content["samples"]))

    def note(self, part: str, about: Mapping[str, Any], measures: Measures) -> None:
        """Take in a part that was measured now, in place of what was known of it."""
        old = [measure for measure in self.measures.samples if measure.partition(".")[0] == part]
        for measure in old:
            del self.measures.samples[measure]
        self.parts[part] = dict(about)
        self.measures.update(measures)

    def verdicts(self) -> list[Verdict]:
        """One for each target."""
        return [judge(target, self.measures) for target in TARGETS]

    def write(self, path: Path) -> None:
        """As JSON, verdicts included, so that nobody has to compute them again."""
        content = {
            "format": FORMAT,
            "machine": self.machine,
            "parts": self.parts,
            "samples": self.measures.as_json(),
            "verdicts": [_verdict(verdict) for verdict in self.verdicts()],
        }
        write_atomically(path, json.dumps(content, indent=1) + "\n")


def _verdict(verdict: Verdict) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": verdict.target.id,
        "measure": verdict.target.measure,
        "peer": verdict.target.peer,
        "bound": verdict.target.bound,
        "result": verdict.result.value,
        "why": verdict.why,
    }
    if verdict.ratio is not None and math.isfinite(verdict.ratio):
        found["ratio"] = float(f"{verdict.ratio:.3g}")
    return found
