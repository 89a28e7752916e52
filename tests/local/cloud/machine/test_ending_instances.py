"""What a group says of an instance it has ended, and what it refuses."""

import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.cloud.moto_patches import ending_instances
from local.cloud.moto_patches.ending_instances import LISTED_SECONDS
from local.cloud.server import EmbeddedCloud
from tests.local.cloud.machine.site import Site


@pytest.fixture
def site(cloud: EmbeddedCloud) -> Site:
    ending_instances.apply()
    made = Site(cloud)
    made.create({})
    made.launch()
    return made


def end(site: Site, instance: str, *, fewer: bool) -> None:
    site.aws("autoscaling").terminate_instance_in_auto_scaling_group(
        InstanceId=instance, ShouldDecrementDesiredCapacity=fewer
    )


def states(site: Site) -> dict[str, str]:
    """Of every instance that the group lists."""
    (group,) = site.aws("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    listed: list[Any] = group["Instances"]
    return {one["InstanceId"]: one["LifecycleState"] for one in listed}


def test_an_instance_that_was_ended_is_listed_for_a_while(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = site.instance_id()
    end(site, ended, fewer=False)
    assert states(site) == {ended: "Terminating", site.instance_id(): "InService"}
    later = time.time() + LISTED_SECONDS + 1
    monkeypatch.setattr(time, "time", lambda: later)
    assert states(site) == {site.instance_id(): "InService"}


def test_a_group_is_not_left_with_fewer_than_its_minimum(site: Site) -> None:
    ended = site.instance_id()
    end(site, ended, fewer=False)
    for one in (ended, site.instance_id()):
        with pytest.raises(ClientError, match=r"ValidationError.*violate group's min size"):
            end(site, one, fewer=True)
    assert len(states(site)) == 2


def test_an_instance_of_no_group_is_refused(site: Site) -> None:
    with pytest.raises(ClientError, match="No managed instance found for instance ID: i-0"):
        end(site, "i-0", fewer=False)
