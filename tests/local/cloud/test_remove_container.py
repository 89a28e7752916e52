"""Removing a container that Docker's engine does not let go at once."""

from typing import Any
from unittest.mock import Mock

import pytest
from docker.errors import APIError, NotFound

from local.cloud.containers import remove_container


def answer(status: int) -> Any:
    kind = NotFound if status == 404 else APIError
    return kind("no", response=Mock(status_code=status))


def container(*answers: int | None) -> Any:
    made = Mock()
    made.remove.side_effect = [answer(status) if status else None for status in answers]
    return made


@pytest.mark.parametrize(
    ("answers", "asked"),
    [((None,), 1), ((404,), 1), ((409,), 1), ((500, None), 2), ((500, 500, 404), 3)],
    ids=["removed", "gone", "being removed", "slow to die", "gone at last"],
)
def test_what_is_gone_in_the_end_is_fine(answers: tuple[int | None, ...], asked: int) -> None:
    found = container(*answers)
    remove_container(found)
    assert found.remove.call_count == asked


@pytest.mark.parametrize("answers", [(500, 500, 500), (400,)])
def test_what_stays_is_said(answers: tuple[int, ...]) -> None:
    with pytest.raises(APIError):
        remove_container(container(*answers))
