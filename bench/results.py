"""The results file: samples by part, and the machine. A part that is not measured again keeps its samples."""

import json
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
    """All results."""

    machine: dict[str, Any] = field(default_factory=dict)
    parts: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By part: time of the measurement, its duration in seconds, and the load average before it."""
    measures: Measures = field(default_factory=Measures)

    @classmethod
    def read(cls, path: Path) -> "Results":
        """Read the file; empty if there is none, or one of another format."""
        content = json.loads(path.read_text()) if path.exists() else {}
        if content.get("format") != FORMAT:
            return cls()
        return cls(content["machine"], content["parts"], Measures.from_json(content["samples"]))

    def note(self, part: str, about: Mapping[str, Any], measures: Measures) -> None:
        """Replace the samples of one part."""
        old = [measure for measure in self.measures.samples if measure.partition(".")[0] == part]
        for measure in old:
            del self.measures.samples[measure]
        self.parts[part] = dict(about)
        self.measures.update(measures)

    def verdicts(self) -> list[Verdict]:
        """One for each target."""
        return [judge(target, self.measures) for target in TARGETS]

    def write(self, path: Path) -> None:
        """As JSON, with every sample."""
        samples = self.measures.as_json()
        content = {"format": FORMAT, "machine": self.machine, "parts": self.parts, "samples": samples}
        write_atomically(path, json.dumps(content, indent=1) + "\n")
