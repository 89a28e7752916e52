"""From a fresh copy to the site on one machine, by one `up`. The tests run in this order."""

import json
import re
import time

import pytest

from tests.e2e.canaries import canaries, found_in, places
from tests.e2e.checkout import Checkout
from tests.e2e.contract import images_of, true_outputs
from tests.e2e.measured import Measured
from tests.e2e.visitor import sign_up_with_picture, stored_pictures
from tests.e2e.vm.hidden import canary_of_key, environments, on_disk, places_of_machine
from tests.e2e.vm.instance import Instance
from tests.e2e.whole_site import (
    has_not_drifted,
    plans_no_change,
    redirects_plain_http,
    shows_a_movie,
    shows_the_home_page,
)

pytestmark = pytest.mark.containers

WORLD = {"0.0.0.0/0", "::/0"}


def test_one_up_ends_with_the_site(checkout: Checkout, measured: Measured) -> None:
    begun = time.monotonic()
    result = checkout.up()
    measured("the first `up` of a machine", time.monotonic() - begun)
    assert result.returncode == 0, result.stderr
    assert f"https://localhost:{checkout.runtime.ports.https}/" in result.stderr


def test_the_home_page_comes_through_proxy_and_application_of_the_machine(checkout: Checkout) -> None:
    shows_the_home_page(checkout)


def test_plain_http_only_redirects(checkout: Checkout) -> None:
    redirects_plain_http(checkout)


def test_a_movie_comes_out_of_the_database(checkout: Checkout) -> None:
    shows_a_movie(checkout)


def test_a_visitor_signs_up_and_uploads_a_picture_that_is_shown_again(checkout: Checkout) -> None:
    with checkout.browser() as browser:
        picture = sign_up_with_picture(browser, "ada@example.com")
    assert stored_pictures(checkout) == [len(picture)]


def test_a_second_up_plans_no_change(checkout: Checkout) -> None:
    plans_no_change(checkout)


def test_pulumi_itself_reads_everything_back_without_drift(checkout: Checkout) -> None:
    has_not_drifted(checkout)


def test_every_output_is_there_and_true(checkout: Checkout, instance: Instance) -> None:
    outputs = true_outputs(checkout)
    groups = checkout.aws("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[outputs["instance_group"]])
    (group,) = groups["AutoScalingGroups"]
    assert [one["InstanceId"] for one in group["Instances"]] == [instance.id]
    (address,) = checkout.aws("ec2").describe_addresses()["Addresses"]
    assert address["PublicIp"] == outputs["public_ip"]
    assert {one["Config"]["Image"] for one in instance.inspected()} == images_of(outputs)


def test_the_domain_is_the_machines_address(checkout: Checkout) -> None:
    route53 = checkout.aws("route53")
    (zone,) = route53.list_hosted_zones()["HostedZones"]
    records = route53.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
    (address,) = (one for one in records if one["Name"] == "app.preqly.com.")
    assert (address["Type"], address["TTL"]) == ("A", 60)
    assert address["ResourceRecords"] == [{"Value": checkout.outputs()["public_ip"]}]
    assert [one["Name"] for one in records if one["Type"] == "TXT" and "_acme-challenge" in one["Name"]] == []


def test_the_world_reaches_80_and_443_only(checkout: Checkout) -> None:
    rules = checkout.aws("ec2").describe_security_group_rules()["SecurityGroupRules"]
    open_to_all = [one for one in rules if not one["IsEgress"] and WORLD & {one.get("CidrIpv4"), one.get("CidrIpv6")}]
    assert {(one["FromPort"], one["ToPort"]) for one in open_to_all} == {(80, 80), (443, 443)}


def test_the_machine_gives_its_own_role_to_nobody(checkout: Checkout, instance: Instance) -> None:
    templates = checkout.aws("ec2").describe_launch_template_versions(Versions=["$Latest"])["LaunchTemplateVersions"]
    (options,) = (one["LaunchTemplateData"]["MetadataOptions"] for one in templates)
    assert (options["HttpTokens"], options["HttpPutResponseHopLimit"]) == ("required", 1)
    role = asked_in_the_container(instance, "os.environ['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI']")
    assert "machine-identity-application" in json.loads(role)["RoleArn"]
    assert "404" in asked_in_the_container(instance, "'/credentials'"), "an address that can be guessed"


def asked_in_the_container(instance: Instance, path: str) -> str:
    """What the address of ECS's credentials answers to the application."""
    code = (
        "import os, urllib.error, urllib.request\n"
        f"try: print(urllib.request.urlopen('http://169.254.170.2' + {path}, timeout=5).read().decode())\n"
        "except urllib.error.HTTPError as error: print(error)"
    )
    return instance.inside("docker", "exec", instance.service("web"), "python3", "-c", code)


def test_no_secret_is_in_the_clear_anywhere(checkout: Checkout, instance: Instance) -> None:
    secrets = canaries(checkout) | {canary_of_key(checkout)}
    assert found_in({**places(checkout), **places_of_machine(checkout, instance)}, secrets) == []
    assert environments(instance, secrets) == []
    assert on_disk(instance, secrets) == []


def test_docker_on_the_machine_knows_the_places_of_secrets_only(instance: Instance) -> None:
    told = [variable for one in instance.inspected() for variable in one["Config"]["Env"]]
    named = [one for one in told if re.match("SECRET_KEY|[A-Z_]*DATABASE_URL|EMAIL_URL|SENTRY_DSN", one)]
    assert named, "the application has secrets"
    assert [one for one in named if not re.fullmatch(r"[A-Z_]+_FILE=/run/secrets/[A-Z_]+", one)] == []
