"""From a fresh copy to a site that is what was asked for. The tests run in this order."""

import json
import re
import struct
import zlib
from itertools import islice
from pathlib import Path

import httpx
import pytest

from tests.e2e.checkout import Checkout, kill
from tests.e2e.visitor import sign_up, submit

pytestmark = pytest.mark.containers

WORLD = {"0.0.0.0/0", "::/0"}


def test_a_first_run_may_be_killed_in_the_middle(checkout: Checkout) -> None:
    with checkout.start("up") as process:
        assert process.stderr is not None
        created = (line for line in process.stderr if " created" in line)
        count = len(list(islice(created, 25)))
        kill(process)
    assert count == 25, "the run ended before it had created anything"


def test_up_goes_on_from_there_and_ends_with_the_site(checkout: Checkout) -> None:
    result = checkout.run("up")
    assert result.returncode == 0, result.stderr
    assert f"https://localhost:{checkout.runtime.ports.https}/" in result.stderr


def test_the_home_page_comes_through_load_balancer_proxy_and_application(checkout: Checkout) -> None:
    with checkout.browser() as browser:
        page = browser.get("/")
    assert page.status_code == 200
    assert page.headers["strict-transport-security"].startswith("max-age=31536000")
    assert "Silent films" in page.text


def test_plain_http_only_redirects(checkout: Checkout) -> None:
    answer = httpx.get(f"http://localhost:{checkout.runtime.ports.http}/api/movies/1?x=y", trust_env=False)
    assert answer.status_code == 301
    assert answer.headers["location"] == f"https://localhost:{checkout.runtime.ports.https}/api/movies/1?x=y"


def test_a_movie_comes_out_of_the_database(checkout: Checkout) -> None:
    with checkout.browser() as browser:
        movie = browser.get("/api/movies/1").json()
    assert movie["id"] == 1
    assert movie["title"]


def test_a_second_up_plans_no_change(checkout: Checkout) -> None:
    result = checkout.run("up")
    assert result.returncode == 0, result.stderr
    assert "Stack local: no change in" in result.stderr


def test_pulumi_itself_reads_everything_back_without_drift(checkout: Checkout) -> None:
    result = checkout.shell("pulumi refresh --yes --skip-preview --expect-no-changes -C .local-cloud/program")
    assert result.returncode == 0, result.stdout + result.stderr


def test_a_visitor_signs_up_and_uploads_a_picture_that_is_shown_again(checkout: Checkout) -> None:
    with checkout.browser() as browser:
        profile = sign_up(browser, "ada@example.com")
        assert "ada@example.com" in profile.text
        saved = submit(browser, "/account/profile/", {"name": "Ada"}, {"picture": ("me.png", png(), "image/png")})
        shown = re.search(r'class="portrait" src="([^"]+)"', saved.text)
        assert shown is not None, saved.text
        picture = browser.get(shown.group(1))
    assert picture.status_code == 200
    assert picture.headers["content-type"] == "image/webp"
    stored = checkout.aws("s3").list_objects_v2(Bucket=checkout.outputs()["media_bucket"])["Contents"]
    uploaded = [item["Size"] for item in stored if not item["Key"].startswith("static/")]
    assert uploaded == [len(picture.content)]


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
    secret = checkout.aws("secretsmanager").get_secret_value(SecretId=checkout.outputs()["secret_arn"])
    values = json.loads(secret["SecretString"])
    canaries = {values["SECRET_KEY"], re.split("[:@]", values["DATABASE_URL"])[2]}
    assert all(len(canary) >= 20 for canary in canaries)
    places = {
        "task definitions": task_definitions(checkout),
        "outputs": json.dumps(checkout.outputs()),
        "what commands printed": "".join(checkout.said),
        "logs in CloudWatch": log_events(checkout),
        "exported state": checkout.shell("pulumi stack export").stdout,
    }
    for folder in ("state", "logs", "program"):
        places[folder] = "".join(path.read_text(errors="replace") for path in files(checkout.runtime.folder / folder))
    found = [place for place, text in places.items() for canary in canaries if canary in text]
    assert found == []
    assert all(places.values()), "a place that is empty proves nothing"


def test_every_output_is_there_and_true(checkout: Checkout) -> None:
    outputs = checkout.outputs()
    assert outputs["url"] == "https://app.preqly.com"
    service = checkout.aws("ecs").describe_services(
        cluster=outputs["cluster_name"], services=[outputs["service_name"]]
    )["services"][0]
    assert service["runningCount"] == service["desiredCount"] == 2
    task = checkout.aws("ecs").describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
    running = {container["image"] for container in task["containerDefinitions"]}
    assert running == {outputs["web_image"], outputs["proxy_image"]}
    assert all("@sha256:" in image for image in running)


def test_a_wrong_setting_is_refused_by_name_before_anything_is_touched(checkout: Checkout) -> None:
    project = checkout.folder / "Pulumi.yaml"
    text = project.read_text()
    project.write_text(text.replace('default: "17"', 'default: "17.4"'))
    try:
        result = checkout.run("up")
    finally:
        project.write_text(text)
    assert result.returncode == 2
    assert "databaseVersion" in result.stderr
    assert "Traceback" not in result.stderr


def png() -> bytes:
    """A small orange picture."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = (b"\x00" + b"\xff\x80\x00" * 32) * 32
    header = struct.pack(">IIBBBBB", 32, 32, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def task_definitions(checkout: Checkout) -> str:
    ecs = checkout.aws("ecs")
    arns = ecs.list_task_definitions()["taskDefinitionArns"]
    return json.dumps([ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"] for arn in arns], default=str)


def log_events(checkout: Checkout) -> str:
    logs = checkout.aws("logs")
    groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
    pages = [logs.filter_log_events(logGroupName=name)["events"] for name in groups]
    return "\n".join(event["message"] for events in pages for event in events)


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
