"""Instances as the agent sees them: what their group's template says."""

import pytest

from local.cloud.machine.view import InstanceView, addresses, instances
from local.cloud.server import EmbeddedCloud
from tests.local.cloud.machine.site import DISK_GB, PARAMETER, Site


@pytest.fixture
def site(cloud: EmbeddedCloud) -> Site:
    made = Site(cloud)
    made.create({})
    made.launch()
    return made


def seen(site: Site) -> list[InstanceView]:
    context = site.cloud.context
    return list(instances(context.backend("ec2"), context.backend("iam", "aws")))


def test_an_instance_boots_with_the_user_data_and_the_role_of_its_template(site: Site) -> None:
    (instance,) = seen(site)
    assert instance.id == site.instance_id()
    assert PARAMETER in instance.user_data
    assert instance.user_data.startswith("#!/bin/bash")
    assert (instance.role, instance.role_arn) == ("machine", "arn:aws:iam::123456789012:role/machine")
    assert (instance.hops, instance.memory_mib, instance.disk_gb) == (1, 2048, DISK_GB)


def test_an_instance_that_was_ended_is_not_among_them(site: Site) -> None:
    ended = site.instance_id()
    site.aws("ec2").terminate_instances(InstanceIds=[ended])
    assert ended not in [instance.id for instance in seen(site)]


def test_an_instance_of_nobodys_group_is_left_alone(site: Site) -> None:
    site.aws("ec2").run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1)
    assert len(seen(site)) == 1


def test_an_address_leads_to_the_instance_that_took_it(site: Site) -> None:
    ec2 = site.cloud.context.backend("ec2")
    assert addresses(ec2) == {}
    site.aws("ec2").associate_address(AllocationId=site.allocation, InstanceId=site.instance_id())
    assert list(addresses(ec2).values()) == [site.instance_id()]
