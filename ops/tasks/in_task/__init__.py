"""Scripts that run in a one-off task by `python -c`, with the standard library of whatever Python its image has.

The images of earlier releases know them this way too. RunTask takes overrides of 8,192 characters.
"""

from collections.abc import Sequence
from pathlib import Path


def python_command(script: str, *words: object) -> Sequence[str]:
    """The command that runs a script of this folder."""
    source = Path(__file__).with_name(f"{script}.py").read_text()
    return ("python", "-c", source, *map(str, words))
