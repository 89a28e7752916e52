"""Commands in hosting.toml: a program with its arguments, which no shell runs."""

import re
import shlex
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints


def _words(value: Any) -> Any:
    """A command as words. Text is split as a shell does it."""
    if isinstance(value, list):
        return tuple(value)
    if not isinstance(value, str):
        return value
    try:
        return tuple(shlex.split(value))
    except ValueError as error:
        raise ValueError(f"cannot be split into words: {error}; write it as a list") from None


def _without_shell(words: tuple[str, ...]) -> tuple[str, ...]:
    if operator := next((word for word in words if re.fullmatch(r"&&?|\|\|?|;|[<>]+", word)), None):
        raise ValueError(f"has {operator}, and no shell runs it; name a script, or write one entry for each command")
    return words


Command = Annotated[
    tuple[Annotated[str, StringConstraints(min_length=1)], ...],
    Field(min_length=1),
    BeforeValidator(_words, json_schema_input_type=str | list[str]),
    AfterValidator(_without_shell),
]
"""Text or a list of words."""
