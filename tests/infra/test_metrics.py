import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.metrics import max_connections


@pytest.mark.parametrize(
    ("instance_class", "connections"),
    [
        ("db.t4g.micro", 112),
        ("db.t4g.small", 225),
        ("db.m7g.large", 901),
        ("db.r7g.large", 1802),
        ("db.m7g.xlarge", 1802),
        ("db.m7g.2xlarge", 3604),
        ("db.x2g.16xlarge", 5000),
    ],
)
def test_connections_follow_the_memory_of_the_class(instance_class: str, connections: int) -> None:
    assert max_connections(instance_class) == connections


@pytest.mark.parametrize("wrong", ["t4g.micro", "db.micro", "db.t4g.tiny", "db.t4g.12", "db.t4g.nanoxlarge", ""])
def test_what_is_no_class_is_refused_by_name(wrong: str) -> None:
    with pytest.raises(ValueError, match=re.escape(repr(wrong))):
        max_connections(wrong)


@given(st.integers(2, 48))
def test_a_larger_class_never_has_fewer_connections(times: int) -> None:
    assert max_connections(f"db.m7g.{times}xlarge") >= max_connections("db.m7g.xlarge")
