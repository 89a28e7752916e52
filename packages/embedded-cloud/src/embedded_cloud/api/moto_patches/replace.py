"""Replace a method of a moto class."""

from collections.abc import Callable
from functools import wraps
from typing import Any

Method = Callable[..., Any]
_originals: dict[tuple[type, str], Method] = {}


def replace_method(owner: type, name: str, make: Callable[[Method], Method]) -> None:
    """Set `owner.name` to `make(original)`. A repeated call replaces the replacement."""
    original = _originals.setdefault((owner, name), getattr(owner, name))
    setattr(owner, name, make(original))


def wrap_method(owner: type, name: str, replacement: Method, *bound: Any) -> None:
    """Set `owner.name` to a method that calls `replacement(original, *bound, self, ...)`."""

    def make(original: Method) -> Method:
        @wraps(original)
        def method(*arguments: Any, **named: Any) -> Any:
            return replacement(original, *bound, *arguments, **named)

        return method

    replace_method(owner, name, make)
