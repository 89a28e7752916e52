"""From a fresh copy of the project to the site that its settings describe. The tests run in this order."""

import json
from itertools import islice

import httpx
import pytest

from tests.e2e.checkout import Checkout, kill
from tests.e2e.leaked_secrets import leaked_secrets
from tests.e2e.stack_outputs import correct_outputs, images_of
from tests.visitor import sign_up, upload_picture

pytestmark = pytest.mark.containers


def test_a_first_run_may_be_killed_in_the_middle(checkout: Checkout) -> None:
    with checkout.start_up() as process:
        assert process.stderr is not None
        created = (line for line in process.stderr if " created" in line)
        count = len(list(islice(created, 25)))
        kill(process)
    assert count == 25, "the run is killed in the middle"


def test_the_next_up_continues_and_ends_with_the_site(checkout: Checkout) -> None:
    result = checkout.up()
    assert result.returncode == 0, result.stderr
    assert f"https://localhost:{checkout.runtime.ports.https}/" in result.stderr


def test_the_home_page_passes_load_balancer_proxy_and_application(checkout: Checkout) -> None:
    with checkout.browser() as browser:
        page = browser.get("/")
    assert page.status_code == 200
    assert page.headers["strict-transport-security"] == "max-age=0"
    assert "Silent films" in page.text


def test_plain_http_redirects_with_path_and_query(checkout: Checkout) -> None:
    ports = checkout.runtime.ports
    answer = httpx.get(f"http://localhost:{ports.http}/api/movies/1?x=y", trust_env=False)
    assert answer.status_code == 301
    assert answer.headers["location"] == f"https://localhost:{ports.https}/api/movies/1?x=y"


def test_a_movie_is_read_from_the_database(checkout: Checkout) -> None:
    with checkout.browser() as browser:
        movie = browser.get("/api/movies/1").json()
    assert movie["id"] == 1
    assert movie["title"]


def test_a_second_up_plans_no_change(checkout: Checkout) -> None:
    result = checkout.up()
    assert result.returncode == 0, result.stderr
    assert "Stack local: no change in" in result.stderr


def test_nothing_differs_from_the_program_until_somebody_changes_it(checkout: Checkout) -> None:
    before = checkout.ops("drift")
    assert before.returncode == 0, before.stdout + before.stderr
    ec2 = checkout.aws("ec2")
    (group,) = [
        one["GroupId"] for one in ec2.describe_security_groups()["SecurityGroups"] if "80 and 443" in one["Description"]
    ]
    ssh = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[ssh])
    after = checkout.ops("drift", "--json")
    wide = {
        one["rule"]: one for one in json.loads(checkout.ops("checklist", "--json").stdout) if one["state"] == "failed"
    }
    revoke = wide["The world reaches ports 80 and 443 only"]["fix"]
    ec2.revoke_security_group_ingress(GroupId=group, SecurityGroupRuleIds=[revoke.rpartition(" ")[2]])
    assert after.returncode == 1
    assert [(one["state"], one["properties"]) for one in json.loads(after.stdout)] == [("added", ["ingress 22-22"])]
    assert checkout.ops("drift").returncode == 0


UNPROTECTED = {
    "It cannot be deleted by mistake",
    "No alarm rings, and somebody has confirmed to receive them",
}
"""What a stack without `protect` and `alarmEmail` lacks on purpose."""


def test_the_production_checklist_fails_only_for_what_the_settings_switch_off(checkout: Checkout) -> None:
    result = checkout.ops("checklist", "--json")
    found = json.loads(result.stdout)
    assert result.returncode == 1
    assert {one["rule"] for one in found if one["state"] == "failed"} == UNPROTECTED
    assert sum(one["state"] == "passed" for one in found) >= 30


def test_a_visitor_signs_up_and_sees_the_uploaded_picture(checkout: Checkout) -> None:
    with checkout.browser() as browser:
        sign_up(browser, "ada@example.com")
        picture = upload_picture(browser).content
    stored = checkout.aws("s3").list_objects_v2(Bucket=checkout.outputs()["media_bucket"])["Contents"]
    assert [one["Size"] for one in stored if not one["Key"].startswith("static/")] == [len(picture)]


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
    assert leaked_secrets(checkout) == []


def test_every_output_is_there_and_correct(checkout: Checkout) -> None:
    outputs = correct_outputs(checkout)
    found = checkout.aws("ecs").describe_services(cluster=outputs["cluster_name"], services=[outputs["service_name"]])
    (service,) = found["services"]
    assert service["runningCount"] == service["desiredCount"] == 2
    task = checkout.aws("ecs").describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
    assert {container["image"] for container in task["containerDefinitions"]} == images_of(outputs)


def test_a_wrong_setting_is_refused_by_name_before_anything_changes(checkout: Checkout) -> None:
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
