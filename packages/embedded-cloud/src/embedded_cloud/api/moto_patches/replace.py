"""Replace a method of a moto class."""

from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import Any

Method = Callable[..., Any]
_originals: dict[tuple[type, str], Method] = {}
_makers: dict[tuple[type, str], dict[str, Callable[[Method], Method]]] = {}
"""What replaces each method, by the name of the replacement, in the order in which they were first applied."""


def replace_method(owner: type, name: str, make: Callable[[Method], Method], known_as: str = "") -> None:
    """Set `owner.name` to `make(original)`.

    A second replacement is put around the first; a repeated call (`known_as`, or the place of `make`) replaces its own.
    """
    method = _originals.setdefault((owner, name), getattr(owner, name))
    makers = _makers.setdefault((owner, name), {})
    makers[known_as or f"{make.__module__}.{make.__qualname__}"] = make
    for one in makers.values():
        method = one(method)
    setattr(owner, name, method)


def wrap_method(owner: type, name: str, replacement: Method, *bound: Any) -> None:
    """Set `owner.name` to a method that calls `replacement(original, *bound, self, ...)`."""

    def make(original: Method) -> Method:
        @wraps(original)
        def method(*arguments: Any, **named: Any) -> Any:
            return replacement(original, *bound, *arguments, **named)

        return method

    replace_method(owner, name, make, f"{replacement.__module__}.{replacement.__qualname__}")


def check_before(owner: type, name: str, check: Method) -> None:
    """Call `check(self, ...)` before `owner.name`, with those of the method's arguments that `check` names."""
    names = list(signature(check).parameters)[1:]

    @wraps(check)
    def checked(original: Method, *arguments: Any, **named: Any) -> Any:
        given = signature(original).bind(*arguments, **named)
        given.apply_defaults()
        check(arguments[0], **{one: given.arguments[one] for one in names})
        return original(*arguments, **named)

    wrap_method(owner, name, checked)
