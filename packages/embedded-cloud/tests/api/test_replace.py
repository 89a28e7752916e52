"""Several patches of one method of moto."""

from collections.abc import Callable
from typing import Any

from embedded_cloud.api.moto_patches.replace import wrap_method


def inner(original: Callable[..., str], mark: str, self: Any) -> str:
    return f"{mark}({original(self)})"


def outer(original: Callable[..., str], self: Any) -> str:
    return f"outer({original(self)})"


def test_patches_of_one_method_are_put_around_each_other_and_a_repeated_one_replaces_itself() -> None:
    class Backend:
        def name(self) -> str:
            return "moto"

    wrap_method(Backend, "name", inner, "first")
    wrap_method(Backend, "name", outer)
    assert Backend().name() == "outer(first(moto))"
    wrap_method(Backend, "name", inner, "second")
    assert Backend().name() == "outer(second(moto))"
