"""Which machine holds the site."""

import pytest

from infra.machine import sizes


def test_the_default_machine_holds_two_releases_of_the_default_task() -> None:
    assert sizes.problem("t4g.small", "arm64", 512) is None
    assert sizes.smallest("arm64", 512) == "t4g.small"


@pytest.mark.parametrize(
    ("name", "architecture", "memory", "words"),
    [
        ("m5.large", "x86_64", 512, "must be one of"),
        ("t3.small", "arm64", 512, "is a x86_64 machine, and the images are built for arm64"),
        ("t4g.micro", "arm64", 512, "has 1024 MiB, and a rollout of two releases with taskMemory 512 needs 1792"),
    ],
)
def test_a_machine_that_cannot_hold_the_site_is_told_why(name: str, architecture: str, memory: int, words: str) -> None:
    assert words in str(sizes.problem(name, architecture, memory))


@pytest.mark.parametrize("architecture", ["arm64", "x86_64"])
@pytest.mark.parametrize("memory", [512, 1024, 2048, 8192])
def test_the_smallest_that_fits_fits_and_no_smaller_one_does(architecture: str, memory: int) -> None:
    name = sizes.smallest(architecture, memory)
    assert sizes.problem(name, architecture, memory) is None
    least = sizes.INSTANCE_TYPES[name].memory
    smaller = [one for one, kind in sizes.INSTANCE_TYPES.items() if kind.memory < least]
    assert all(sizes.problem(one, architecture, memory) for one in smaller)


def test_a_task_that_no_machine_holds_is_refused() -> None:
    with pytest.raises(ValueError, match="holds two releases of 30720 MiB each"):
        sizes.smallest("arm64", 30720)
