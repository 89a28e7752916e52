"""Removing a container when Docker's engine answers an error."""

from typing import Any
from unittest.mock import Mock

import pytest
from docker.errors import APIError, NotFound

from embedded_cloud.containers.docker_host import remove_container


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
    ids=["removed", "not found", "being removed", "removed at the second attempt", "removed at the third attempt"],
)
def test_a_container_that_is_removed_in_the_end_is_no_error(answers: tuple[int | None, ...], asked: int) -> None:
    found = container(*answers)
    remove_container(found)
    assert found.remove.call_count == asked


@pytest.mark.parametrize("answers", [(500, 500, 500), (400,)])
def test_a_container_that_stays_is_an_error(answers: tuple[int, ...]) -> None:
    with pytest.raises(APIError):
        remove_container(container(*answers))
