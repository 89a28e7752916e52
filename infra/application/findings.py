"""What discovery says: sentences about what was found, and a problem for each thing that was not."""

from dataclasses import dataclass, field

from infra.application.manifest import FILE
from infra.problem import InputError, Problem


class ApplicationError(InputError):
    """The application cannot be hosted as it is."""

    def __init__(self, folder: object, problems: list[Problem]) -> None:
        count = "one problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__(f"The application in {folder} cannot be hosted: {count}. Nothing was built.", problems)


@dataclass
class Findings:
    """Collects both, so that all problems are reported at once."""

    found: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def say(self, sentence: str) -> None:
        """Note what was found and where."""
        self.found.append(sentence)

    def refuse(self, key: str, rule: str, fix: str, value: object = None) -> None:
        """Note what makes hosting impossible."""
        self.problems.append(Problem(key, value, rule, fix))

    def ask(self, key: str, rule: str, fix: str, line: str, value: object = None) -> None:
        """Refuse, and name the line of hosting.toml that decides."""
        self.refuse(key, rule, f"{fix}; or write into {FILE}: {line}", value)
