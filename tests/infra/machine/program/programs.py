"""Docker, Compose and iptables as the machine's program would run them: recorded, not run."""

import subprocess
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Programs:
    """Every command line that was run; `fails` are the words of those that end with exit code 1."""

    door: str = ""
    """Address the rule names."""
    fails: tuple[str, ...] = ()
    says: dict[str, str] = field(default_factory=dict)
    """What programs print, by words of their command lines."""
    problem: str = ""
    """Of the site, when a slot is asked."""
    address: int = 0
    """How often the Elastic IP was taken."""
    lines: list[str] = field(default_factory=list)

    def attempt(self, *command: str, stdin: str | None = None, **_: Any) -> "subprocess.CompletedProcess[str]":
        line = " ".join(command)
        self.lines.append(line)
        output = ""
        if "-S PREQLY" in line and self.door:
            output = f"-A PREQLY -p tcp -m tcp --dport 443 -j DNAT --to-destination {self.door}:8443\n"
        if command[0] == "iptables-restore":
            assert stdin is not None
            self.door = stdin.partition("--to ")[2].partition(":")[0]
        output = next((said for words, said in self.says.items() if words in line), output)
        code = 1 if any(word in line for word in self.fails) else 0
        return subprocess.CompletedProcess(command, code, output, "it said why" if code else "")

    def place(self, words: str) -> int:
        """Where in the order a command with these words came."""
        return next(index for index, line in enumerate(self.lines) if words in line)
