"""Who has this machine's ports: the one that the site's DNS record leads to."""

import pytest

from local.cloud.public_ports import holder
from local.cloud.server import EmbeddedCloud
from tests.local.cloud.machine.names import NAME, address, balancer, record, to_address, to_balancer
from tests.local.cloud.machine.site import Site


@pytest.fixture
def site(cloud: EmbeddedCloud) -> Site:
    made = Site(cloud)
    made.create({})
    return made


def has_ports(site: Site) -> str:
    with site.cloud.context.lock:
        return holder(site.cloud.context)


def test_the_only_one_has_them_without_a_record(site: Site) -> None:
    site.launch()
    site.aws("ec2").associate_address(AllocationId=site.allocation, InstanceId=site.instance_id())
    assert has_ports(site) == address(site)
    made = balancer(site)
    site.aws("ec2").release_address(AllocationId=site.allocation)
    assert has_ports(site) == made["LoadBalancerArn"]


def test_an_address_that_leads_to_no_instance_is_a_nat_gateways(site: Site) -> None:
    assert has_ports(site) == ""


def test_the_record_decides_between_two_and_the_load_balancer_has_them_without_one(site: Site) -> None:
    made = balancer(site)
    site.launch()
    site.aws("ec2").associate_address(AllocationId=site.allocation, InstanceId=site.instance_id())
    assert has_ports(site) == made["LoadBalancerArn"]
    record(site, to_address(address(site)))
    assert has_ports(site) == address(site)
    record(site, to_balancer(made))
    assert has_ports(site) == made["LoadBalancerArn"]


def test_while_names_differ_the_majority_decides(site: Site) -> None:
    made = balancer(site)
    record(site, to_balancer(made), name=f"www.{NAME}")
    for name in (NAME, f"shop.{NAME}"):
        record(site, to_address(address(site)), name=name)
    assert has_ports(site) == address(site)
