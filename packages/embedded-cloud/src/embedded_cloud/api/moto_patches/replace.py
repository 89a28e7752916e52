"""Replace a method of a moto class."""

from collections.abc import Callable
from typing import Any

_originals: dict[tuple[type, str], Callable[..., Any]] = {}


def replace_method(owner: type, name: str, make: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    """Set `owner.name` to `make(original)`. A repeated call replaces the replacement."""
    original = _originals.setdefault((owner, name), getattr(owner, name))
    setattr(owner, name, make(original))
