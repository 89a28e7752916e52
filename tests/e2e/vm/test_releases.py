"""Good releases on the machine, under load: nobody notices, and what was done is on record. They run in this order."""

import pytest

from tests.e2e.checkout import Checkout
from tests.e2e.good_releases import (
    CHANGED,
    deployed_unnoticed,
    migrates_unnoticed,
    migration_and_snapshot_are_on_record,
    nothing_was_migrated,
    rotates_unnoticed,
)
from tests.e2e.mail import links_for_a_new_password_come_by_ses, send_with_ses
from tests.e2e.serving import headlines
from tests.e2e.sources import Sources
from tests.e2e.vm.certificates import shown
from tests.e2e.vm.instance import Instance

pytestmark = pytest.mark.containers

EXHAUST = """

def exhaust(request):
    from django.http import HttpResponse

    return HttpResponse(b"x" * (1 << 32))


urlpatterns.append(path("exhaust/", exhaust))
"""
"""A page that needs more memory than there is, for test_accidents.py."""


def test_a_release_with_a_migration_and_a_new_style_rolls_out_unnoticed(
    deployed: Checkout, sources: Sources, instance: Instance
) -> None:
    before = instance.id
    sources.append("app/core/urls.py", EXHAUST)
    migrates_unnoticed(deployed, sources)
    assert instance.id == before, "a release needs no new machine"


def test_the_record_says_what_was_migrated_and_which_snapshot_was_taken_before(deployed: Checkout) -> None:
    migration_and_snapshot_are_on_record(deployed)


def test_a_rotation_keeps_every_visitor_logged_in_and_locks_the_old_role_out(
    deployed: Checkout, sources: Sources
) -> None:
    sources.headline(CHANGED)
    rotates_unnoticed(deployed, sources)
    assert headlines(deployed) == {CHANGED}


def test_a_release_without_a_migration_took_no_snapshot(deployed: Checkout) -> None:
    nothing_was_migrated(deployed)


def test_one_more_name_reaches_record_and_certificate_unnoticed(deployed: Checkout, sources: Sources) -> None:
    sources.setting("aliases", "[]", "[www.preqly.com]")
    send_with_ses(sources)
    deployed_unnoticed(deployed, CHANGED)
    sources.keep()
    assert shown(deployed, "www.preqly.com").names >= {"app.preqly.com", "www.preqly.com"}


def test_a_link_for_a_new_password_comes_by_ses(deployed: Checkout) -> None:
    links_for_a_new_password_come_by_ses(deployed, "mary@example.com")


def test_another_instance_type_is_a_new_machine_beside_the_old_one(
    deployed: Checkout, sources: Sources, instance: Instance
) -> None:
    before, address = instance.id, deployed.outputs()["public_ip"]
    # Two releases of this size need the next type; `up` on this machine chooses it.
    sources.setting("taskMemory", "512", "1024")
    deployed_unnoticed(deployed, CHANGED)
    sources.keep()
    assert instance.id != before
    assert deployed.outputs()["public_ip"] == address
    (found,) = deployed.aws("ec2").describe_instances(InstanceIds=[instance.id])["Reservations"][0]["Instances"]
    assert found["InstanceType"].endswith(".medium")
    ended = deployed.aws("ec2").describe_instances(InstanceIds=[before])["Reservations"]
    assert {one["State"]["Name"] for each in ended for one in each["Instances"]} <= {"terminated", "shutting-down"}
