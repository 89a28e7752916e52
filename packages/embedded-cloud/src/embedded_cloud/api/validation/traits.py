"""Constraints of plain values, from the traits of a service model: length, range, pattern, enum."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from embedded_cloud.api.validation.patterns import compiled

Path = tuple[str | int, ...]
"""Members and positions (from 1) that lead to a value."""


@dataclass(frozen=True, kw_only=True)
class Violation:
    """One value that AWS refuses."""

    path: Path
    kind: str
    """`missing`, `type`, `constraint` or, of a part that the model does not know, `unknown`."""
    constraint: str
    """AWS's sentence: `Member must have length less than or equal to 64`."""
    value: str | None = None
    """The value as AWS repeats it; None when it is missing, secret or has no short form."""


SHOWN_CHARACTERS = 256
"""Longer values are shortened in messages."""

Test = tuple[Callable[[Any], bool], str]
"""Whether a value is right, and AWS's sentence."""


def broken(tests: tuple[Test, ...], value: Any, path: Path, secret: bool) -> Iterator[Violation]:
    """The violation of each test that a value fails."""
    for is_right, sentence in tests:
        if not is_right(value):
            yield Violation(
                path=path, kind="constraint", constraint=sentence, value=None if secret else short_form(value)
            )


def tests_of(kind: str, traits: Mapping[str, Any]) -> tuple[Test, ...]:
    """The tests of a plain value of this type; none for structures, lists and maps."""
    if kind == "string":
        return (*limits(traits, "length", len), *_pattern(traits), *_enum(traits))
    if kind == "blob":
        return limits(traits, "length", len)
    if kind in ("integer", "long", "short", "byte", "float", "double"):
        return (*limits(traits, "value", lambda value: value), *_enum(traits))
    return ()


def limits(traits: Mapping[str, Any], word: str, measure: Callable[[Any], float]) -> tuple[Test, ...]:
    """The tests for `min` and `max` of what `measure` returns."""
    most, least = traits.get("max"), traits.get("min")
    tests: list[Test] = []
    if most is not None:
        tests.append((lambda value: measure(value) <= most, f"Member must have {word} less than or equal to {most}"))
    if least is not None:
        sentence = f"Member must have {word} greater than or equal to {least}"
        tests.append((lambda value: measure(value) >= least, sentence))
    return tuple(tests)


def _pattern(traits: Mapping[str, Any]) -> tuple[Test, ...]:
    pattern = traits.get("pattern")
    expression = compiled(pattern) if pattern else None
    if expression is None:
        return ()
    return (
        (
            lambda value: expression.fullmatch(value) is not None,
            f"Member must satisfy regular expression pattern: {pattern}",
        ),
    )


def _enum(traits: Mapping[str, Any]) -> tuple[Test, ...]:
    values = frozenset(traits.get("enum") or ())
    if not values:
        return ()
    return ((values.__contains__, f"Member must satisfy enum value set: [{', '.join(map(str, sorted(values)))}]"),)


def short_form(value: Any) -> str | None:
    """The value as AWS repeats it in a message; None for structures."""
    if isinstance(value, list):
        plain = all(isinstance(item, str | int | float) for item in value)
        return _shortened(f"[{', '.join(map(str, value))}]") if plain else None
    return _shortened(str(value)) if isinstance(value, str | int | float) else None


def _shortened(text: str) -> str:
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}..."
