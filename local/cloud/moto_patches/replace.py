"""Replacing one method of a moto class, once, with the original at hand."""

from collections.abc import Callable
from typing import Any

_originals: dict[tuple[type, str], Callable[..., Any]] = {}


def replace_method(owner: type, name: str, make: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    """Put `make(original)` in place of `owner.name`. Repeating it replaces the replacement, never stacks them."""
    original = _originals.setdefault((owner, name), getattr(owner, name))
    setattr(owner, name, make(original))
