"""Names of roles. tests/docker/test_release.py tests them in PostgreSQL."""

import pytest

from django_hosting.release.roles import RoleError, group_of


def test_a_role_belongs_to_the_group_of_its_name() -> None:
    assert [group_of(name) for name in ("films_app_a", "films_app_b", "x_1")] == ["films_app", "films_app", "x"]


@pytest.mark.parametrize("name", ["films", "_a", "films_"])
def test_a_role_without_a_group_is_refused_with_a_right_name(name: str) -> None:
    with pytest.raises(RoleError, match=f"{name!r} has no group.* such as site_app_1"):
        group_of(name)
