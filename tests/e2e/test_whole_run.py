"""From a fresh copy to a site that is what was asked for. The tests run in this order."""

import json
from itertools import islice

import pytest

from tests.e2e.canaries import canaries, found_in, places
from tests.e2e.checkout import Checkout, kill
from tests.e2e.contract import images_of, true_outputs
from tests.e2e.visitor import sign_up_with_picture, stored_pictures
from tests.e2e.whole_site import (
    has_not_drifted,
    plans_no_change,
    redirects_plain_http,
    shows_a_movie,
    shows_the_home_page,
)

pytestmark = pytest.mark.containers

WORLD = {"0.0.0.0/0", "::/0"}


def test_a_first_run_may_be_killed_in_the_middle(checkout: Checkout) -> None:
    with checkout.start_up() as process:
        assert process.stderr is not None
        created = (line for line in process.stderr if " created" in line)
        count = len(list(islice(created, 25)))
        kill(process)
    assert count == 25, "the run ended before it had created anything"


def test_up_goes_on_from_there_and_ends_with_the_site(checkout: Checkout) -> None:
    result = checkout.up()
    assert result.returncode == 0, result.stderr
    assert f"https://localhost:{checkout.runtime.ports.https}/" in result.stderr


def test_the_home_page_comes_through_load_balancer_proxy_and_application(checkout: Checkout) -> None:
    shows_the_home_page(checkout)


def test_plain_http_only_redirects(checkout: Checkout) -> None:
    redirects_plain_http(checkout)


def test_a_movie_comes_out_of_the_database(checkout: Checkout) -> None:
    shows_a_movie(checkout)


def test_a_second_up_plans_no_change(checkout: Checkout) -> None:
    plans_no_change(checkout)


def test_pulumi_itself_reads_everything_back_without_drift(checkout: Checkout) -> None:
    has_not_drifted(checkout)


def test_a_visitor_signs_up_and_uploads_a_picture_that_is_shown_again(checkout: Checkout) -> None:
    with checkout.browser() as browser:
        picture = sign_up_with_picture(browser, "ada@example.com")
    assert stored_pictures(checkout) == [len(picture)]


def test_the_world_reaches_80_and_443_of_the_load_balancer_only(checkout: Checkout) -> None:
    (balancer,) = checkout.aws("elbv2").describe_load_balancers()["LoadBalancers"]
    open_doors = set()
    for rule in checkout.aws("ec2").describe_security_group_rules()["SecurityGroupRules"]:
        if not rule["IsEgress"] and WORLD & {rule.get("CidrIpv4"), rule.get("CidrIpv6")}:
            open_doors.add((rule["GroupId"], rule["FromPort"], rule["ToPort"]))
    (group,) = balancer["SecurityGroups"]
    assert open_doors == {(group, 80, 80), (group, 443, 443)}


def test_the_database_is_private_encrypted_and_backed_up(checkout: Checkout) -> None:
    (database,) = checkout.aws("rds").describe_db_instances()["DBInstances"]
    assert database["PubliclyAccessible"] is False
    assert database["StorageEncrypted"] is True
    assert database["BackupRetentionPeriod"] >= 7


def test_both_images_are_in_the_registry_under_immutable_tags(checkout: Checkout) -> None:
    ecr = checkout.aws("ecr")
    repositories = ecr.describe_repositories()["repositories"]
    assert len(repositories) == 2
    for repository in repositories:
        assert repository["imageTagMutability"] == "IMMUTABLE"
        (image,) = ecr.describe_images(repositoryName=repository["repositoryName"])["imageDetails"]
        assert image["imageTags"]


def test_the_domain_points_at_the_load_balancer(checkout: Checkout) -> None:
    route53 = checkout.aws("route53")
    records = [
        record
        for zone in route53.list_hosted_zones()["HostedZones"]
        for record in route53.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
        if record["Name"] == "app.preqly.com."
    ]
    (balancer,) = checkout.aws("elbv2").describe_load_balancers()["LoadBalancers"]
    assert {record["Type"] for record in records} == {"A", "AAAA"}
    for record in records:
        assert balancer["DNSName"] in record["AliasTarget"]["DNSName"]


def test_no_secret_is_in_the_clear_anywhere(checkout: Checkout) -> None:
    assert found_in({**places(checkout), "task definitions": task_definitions(checkout)}, canaries(checkout)) == []


def test_every_output_is_there_and_true(checkout: Checkout) -> None:
    outputs = true_outputs(checkout)
    found = checkout.aws("ecs").describe_services(cluster=outputs["cluster_name"], services=[outputs["service_name"]])
    (service,) = found["services"]
    assert service["runningCount"] == service["desiredCount"] == 2
    task = checkout.aws("ecs").describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
    assert {container["image"] for container in task["containerDefinitions"]} == images_of(outputs)


def test_a_wrong_setting_is_refused_by_name_before_anything_is_touched(checkout: Checkout) -> None:
    project = checkout.folder / "Pulumi.yaml"
    text = project.read_text()
    project.write_text(text.replace('default: "17"', 'default: "17.4"'))
    try:
        result = checkout.up()
    finally:
        project.write_text(text)
    assert result.returncode == 2
    assert "databaseVersion" in result.stderr
    assert "Traceback" not in result.stderr


def task_definitions(checkout: Checkout) -> str:
    ecs = checkout.aws("ecs")
    arns = ecs.list_task_definitions()["taskDefinitionArns"]
    return json.dumps([ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"] for arn in arns], default=str)
