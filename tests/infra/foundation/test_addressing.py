"""The subnet plan: disjoint, inside the VPC and large enough, for every legal range."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.foundation import addressing
from infra.foundation.network import EGRESS


@st.composite
def legal_ranges(draw):
    block = draw(st.sampled_from(addressing.PRIVATE))
    length = draw(st.integers(max(block.prefixlen, addressing.LARGEST), addressing.SMALLEST))
    offset = draw(st.integers(0, 2 ** (length - block.prefixlen) - 1))
    return ipaddress.IPv4Network((int(block.network_address) + offset * 2 ** (32 - length), length))


def subnets(plan):
    return [*plan.public, *plan.tasks, *plan.database, *plan.spare]


@given(legal_ranges())
def test_every_legal_range_is_filled_by_disjoint_subnets_of_legal_sizes_two_of_each_kind(vpc):
    assert addressing.problem(str(vpc)) is None
    plan = addressing.plan(vpc)
    parts = subnets(plan)
    assert all(part.subnet_of(vpc) for part in parts)
    assert not any(one.overlaps(other) for index, one in enumerate(parts) for other in parts[:index])
    assert sum(part.num_addresses for part in parts) == vpc.num_addresses
    assert (len(plan.public), len(plan.tasks), len(plan.database)) == (2, 2, 2)
    assert plan.spare
    assert all(addressing.LARGEST <= part.prefixlen <= 28 for part in parts)
    assert all(part.prefixlen <= 27 for part in plan.public), "a load balancer needs /27"


@given(legal_ranges(), st.sampled_from(EGRESS))
def test_the_largest_service_fits_one_zone_during_a_rollout(vpc, egress):
    plan = addressing.plan(vpc)
    tasks = plan.tasks_that_fit(egress)
    subnet = (plan.public if egress == "public" else plan.tasks)[0]
    others = addressing.RESERVED_BY_AWS + addressing.LOAD_BALANCER_NODES + addressing.OTHER_INTERFACES
    assert tasks >= 10
    assert 2 * tasks + others <= subnet.num_addresses < 2 * (tasks + 1) + others


def test_the_plan_stays_as_it_is():
    """Another plan would replace the subnets of every running stack, and the database inside them."""
    plan = addressing.plan(ipaddress.IPv4Network("10.20.0.0/16"))
    assert [str(subnet) for subnet in subnets(plan)] == [
        "10.20.128.0/19",
        "10.20.160.0/19",
        "10.20.0.0/18",
        "10.20.64.0/18",
        "10.20.192.0/20",
        "10.20.208.0/20",
        "10.20.224.0/19",
    ]


@given(st.text(max_size=30))
def test_an_illegal_range_is_answered_with_a_legal_one(text):
    if addressing.problem(text):
        assert addressing.problem(addressing.nearest_legal(text)) is None


@given(st.integers(0, 2**32 - 1), st.integers(0, 32))
def test_the_range_proposed_for_any_written_one_is_legal(address, length):
    text = f"{ipaddress.IPv4Address(address)}/{length}"
    assert addressing.problem(addressing.nearest_legal(text)) is None


@pytest.mark.parametrize(
    ("wrong", "proposed"),
    [
        ("10.0.0.0/24", "10.0.0.0/22"),
        ("10.0.0.0/8", "10.0.0.0/16"),
        ("10.20.30.40/16", "10.20.0.0/16"),
        ("8.8.8.0/24", "10.20.0.0/16"),
        ("172.0.0.0/8", "10.20.0.0/16"),
        ("office", "10.20.0.0/16"),
    ],
)
def test_the_proposed_range_is_near_the_written_one(wrong, proposed):
    assert addressing.problem(wrong)
    assert addressing.nearest_legal(wrong) == proposed


@given(st.integers(0, 2**56 - 1))
def test_ipv6_subnets_are_the_first_two_of_the_vpcs_block(prefix):
    block = ipaddress.IPv6Network((prefix << 72, 56))
    first, second = (ipaddress.IPv6Network(addressing.ipv6_subnet(str(block), index)) for index in (0, 1))
    assert first.prefixlen == second.prefixlen == 64
    assert first.subnet_of(block)
    assert second.subnet_of(block)
    assert not first.overlaps(second)
