import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.ecs import fargate_size

LEGAL = [(cpu, memory) for cpu, memories in fargate_size.MEMORY_BY_CPU.items() for memory in memories]


@pytest.mark.parametrize(
    ("cpu", "memory"),
    [(256, 512), (256, 2048), (512, 4096), (1024, 8192), (4096, 30720), (8192, 61440), (16384, 122880)],
)
def test_the_limits_of_awss_table_are_legal(cpu: int, memory: int) -> None:
    assert fargate_size.problem(cpu, memory) is None


@pytest.mark.parametrize(
    ("cpu", "memory", "fix"),
    [
        (256, 4096, "nearest legal memory: 2048"),
        (256, 768, "nearest legal memory: 1024"),
        (512, 512, "nearest legal memory: 1024"),
        (8192, 17408, "nearest legal memory: 16384"),
        (300, 512, "nearest legal size: 256 CPU with 512 MiB"),
        (3072, 9000, "nearest legal size: 4096 CPU with 9216 MiB"),
        (0, 0, "nearest legal size: 256 CPU with 512 MiB"),
    ],
)
def test_an_illegal_size_is_answered_with_the_nearest_legal_one(cpu: int, memory: int, fix: str) -> None:
    problem = fargate_size.problem(cpu, memory)
    assert problem is not None
    assert problem.endswith(fix)


@given(st.integers(-1, 40_000), st.integers(-1, 200_000))
def test_only_pairs_of_the_table_are_legal_and_every_fix_is_one_of_them(cpu: int, memory: int) -> None:
    problem = fargate_size.problem(cpu, memory)
    assert (problem is None) == ((cpu, memory) in LEGAL)
    assert fargate_size.nearest(cpu, memory) in LEGAL
    if problem and cpu in fargate_size.MEMORY_BY_CPU:
        proposed = re.findall(r"\d+", problem)[-1]
        assert (cpu, int(proposed)) in LEGAL


@given(st.sampled_from(LEGAL))
def test_a_legal_size_is_its_own_nearest(size: tuple[int, int]) -> None:
    assert fargate_size.nearest(*size) == size


def test_a_long_list_of_sizes_is_shortened_to_a_range() -> None:
    problem = fargate_size.problem(1024, 1024)
    assert problem is not None
    assert "2048 to 8192 in steps of 1024" in problem
