"""An instance that really boots: its user data, deploys through Systems Manager, healing, its address."""

import json
import ssl
import time
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path
from typing import Any

import httpx
import pytest
from docker.models.containers import Container

from local.cloud.cleanup import remove_all
from local.cloud.config import STANDIN_IMAGES, CloudConfig
from local.cloud.ecr import EcrAgent
from local.cloud.elb import ElbAgent
from local.cloud.machine import status_checks
from local.cloud.machine.agent import MachineAgent
from local.cloud.server import EmbeddedCloud
from local.images import images
from tests.local.cloud.clouds import client, free_port
from tests.local.cloud.ecs_load import requests
from tests.local.cloud.machine.names import NAME, address, balancer, record, to_address, to_balancer
from tests.local.cloud.machine.site import DISK_GB, DOCUMENT, LOG_GROUP, Site
from tests.local.cloud.machine.visitors import ask, asking
from tests.waiting import wait_until

pytestmark = pytest.mark.containers

APPLICATION = Path(__file__).parent / "application"
SECRET = {"DATABASE_URL": "postgres://top-secret-word@db/site", "SECRET_KEY": "another-secret-word"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    machine = images.ensure_machine(print)
    config = CloudConfig(
        name=f"test-vm-{free_port()}",
        state_dir=tmp_path_factory.mktemp("machine"),
        api_port=0,
        http_port=free_port(),
        https_port=free_port(),
        registry_port=free_port(),
        images={**STANDIN_IMAGES, "machine": machine},
    )
    cloud = EmbeddedCloud(config, agents=[EcrAgent, ElbAgent, MachineAgent])
    cloud.start()
    try:
        wait_until(lambda: [c.status for c in cloud.context.docker.containers("registry")] == ["running"])
        made = Site(cloud)
        made.create(SECRET)
        made.image = pushed(cloud)
        made.record(made.publish("one"))
        made.launch()
        wait_until(lambda: made.led_to() == made.instance_id(), 240)
        wait_until(lambda: answer(made) == "one", 60)
        yield made
    finally:
        cloud.stop()
        remove_all(config.name)


def pushed(cloud: EmbeddedCloud, tag: str = "one") -> str:
    """The site's image in ECR, by digest; another tag is another image."""
    ecr, docker = client(cloud, "ecr"), cloud.context.docker.client
    uri = f"localhost:{cloud.config.registry_port}/site"
    if tag == "one":
        uri = ecr.create_repository(repositoryName="site")["repository"]["repositoryUri"]
    base = images.ensure(["python"], print, lambda: None)["python"]
    docker.images.build(path=str(APPLICATION), tag=f"{uri}:{tag}", buildargs={"BASE": base, "TAG": tag})
    try:
        events = list(docker.images.push(uri, tag, stream=True, decode=True))
    finally:
        docker.images.remove(f"{uri}:{tag}")
    return f"{uri}@{next(event['aux']['Digest'] for event in events if 'aux' in event)}"


def answer(site: Site) -> str:
    """The release that answers; empty when none does."""
    try:
        return ask(site.cloud.config.https_port)
    except (OSError, HTTPException, AssertionError):
        return ""


def machine(site: Site) -> Container:
    (container,) = site.cloud.context.docker.containers("instance")
    return container


def inside(site: Site, *command: str) -> str:
    code, output = machine(site).exec_run(list(command))
    assert code == 0, output.decode()
    return str(output.decode())


def web(site: Site, *command: str) -> str:
    """A command in the application's container of the slot in use."""
    found = inside(site, "docker", "ps", "--quiet", "--filter", "label=com.docker.compose.service=web").split()
    return inside(site, "docker", "exec", found[0], *command)


def status(site: Site) -> dict[str, Any]:
    """What the machine says of itself."""
    found: dict[str, Any] = json.loads(inside(site, "preqly", "status"))
    return found


def deploy(site: Site, key: str) -> dict[str, Any]:
    """The invocation of a deploy, once it is over."""
    ssm, instance = client(site.cloud, "ssm"), site.instance_id()
    sent = ssm.send_command(
        InstanceIds=[instance], DocumentName=DOCUMENT, Parameters={"command": ["deploy"], "release": [key]}
    )["Command"]["CommandId"]

    def over() -> dict[str, Any] | None:
        found: dict[str, Any] = ssm.get_command_invocation(CommandId=sent, InstanceId=instance)
        return found if found["Status"] in ("Success", "Failed") else None

    found: dict[str, Any] = wait_until(over, 180)
    return found


def test_a_deploy_under_load_costs_no_visitor_an_answer(site: Site) -> None:
    with asking(site.cloud.config.https_port) as seen:
        done = deploy(site, site.publish("two"))
        time.sleep(1)
    assert done["Status"] == "Success", done["StandardErrorContent"]
    assert seen.failures == []
    assert {"one", "two"} == set(seen.answers)
    assert answer(site) == "two"


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        ("migrate", "relation core_film already exists"),
        ("start", "Essential container in task exited: container web ended with exit code 1"),
        ("memory", "OutOfMemoryError: container web"),
    ],
)
def test_a_release_that_fails_says_why_and_the_one_before_it_serves(site: Site, broken: str, why: str) -> None:
    before = answer(site)
    with asking(site.cloud.config.https_port) as seen:
        done = deploy(site, site.publish("broken", broken))
    assert done["Status"] == "Failed"
    assert why in done["StandardErrorContent"]
    assert seen.failures == []
    assert set(seen.answers) == {before}


def test_a_deploy_that_is_killed_costs_nothing_and_the_next_one_clears_what_it_left(site: Site) -> None:
    before, key = answer(site), site.publish("three", "health")
    with asking(site.cloud.config.https_port) as seen:
        sent = client(site.cloud, "ssm").send_command(
            InstanceIds=[site.instance_id()],
            DocumentName=DOCUMENT,
            Parameters={"command": ["deploy"], "release": [key]},
        )
        assert sent["Command"]["CommandId"]
        wait_until(lambda: status(site)["stale"], 60)
        assert status(site)["at_work"].startswith(f"deploy {key}")
        inside(site, "sh", "-c", "kill -9 $(pgrep -f '[p]rogram deploy')")
        wait_until(lambda: not status(site)["at_work"], 10)
        assert status(site)["stale"]
        again = deploy(site, status(site)["release"])
    assert again["Status"] == "Success", again["StandardErrorContent"]
    assert status(site)["stale"] == []
    assert seen.failures == []
    assert set(seen.answers) == {before}


def test_containers_have_the_applications_credentials_and_cannot_reach_the_machines(site: Site) -> None:
    read = (
        "import os,urllib.request as u;path=os.environ['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'];"
        "print(u.urlopen('http://169.254.170.2'+path,timeout=5).read().decode())"
    )
    assert '"RoleArn": "arn:aws:iam::123456789012:role/application"' in web(site, "python3", "-c", read)
    token = (
        "import urllib.request as u,urllib.error as e\n"
        "try: u.urlopen(u.Request('http://169.254.169.254/latest/api/token',method='PUT',"
        "headers={'X-aws-ec2-metadata-token-ttl-seconds':'60'}),timeout=5)\n"
        "except e.HTTPError as error: print(error.code)"
    )
    assert web(site, "python3", "-c", token).strip() == "403"


def test_a_secret_is_in_memory_only(site: Site) -> None:
    assert web(site, "cat", "/run/secrets/SECRET_KEY") == SECRET["SECRET_KEY"]
    assert "top-secret-word" not in web(site, "env")
    for folder in ("/var/lib/docker/containers", "/var/lib/preqly", "/etc", "/opt", "/var/log", "/root"):
        code, output = machine(site).exec_run(["grep", "-rl", "secret-word", folder])
        assert code != 0, output.decode()


def test_the_containers_output_is_in_the_applications_log_group(site: Site) -> None:
    logs = client(site.cloud, "logs")

    def shipped() -> bool:
        streams = logs.describe_log_streams(logGroupName=LOG_GROUP)["logStreams"]
        return any(one["logStreamName"].startswith("web/web/") for one in streams)

    wait_until(shipped, 60)


def test_the_site_returns_by_itself_when_a_container_is_killed(site: Site) -> None:
    for service in ("web", "proxy"):
        inside(site, "sh", "-c", f"kill -9 $(docker inspect -f '{{{{.State.Pid}}}}' $(docker ps -qf name={service}))")
        wait_until(lambda: answer(site) == "two", 60)


def test_the_site_answers_while_the_engine_is_killed_and_back(site: Site) -> None:
    with asking(site.cloud.config.https_port) as seen:
        inside(site, "sh", "-c", "kill -9 $(cat /var/run/docker.pid)")
        wait_until(lambda: machine(site).exec_run(["docker", "ps"]).exit_code == 0, 60)
    assert seen.failures == []


def test_the_machines_own_numbers_arrive_and_are_its_own(site: Site) -> None:
    cloudwatch = client(site.cloud, "cloudwatch")
    wait_until(lambda: cloudwatch.list_metrics(Namespace="Preqly/Machine")["Metrics"], 90)
    total = int(inside(site, "sed", "-n", "s/^MemTotal: *\\([0-9]*\\) kB/\\1/p", "/proc/meminfo"))
    assert total == 2048 * 1024
    size = int(inside(site, "df", "--output=size", "--block-size=1M", "/var/lib/docker").split()[1])
    assert DISK_GB * 1024 * 0.8 < size <= DISK_GB * 1024


def test_a_full_disk_costs_no_visitor_an_answer_and_a_deploy_says_so(site: Site) -> None:
    site.image = pushed(site.cloud, "larger")
    larger = site.publish("two")
    with asking(site.cloud.config.https_port) as seen:
        inside(site, "sh", "-c", "cat /dev/zero > /var/lib/docker/full || true")
        done = deploy(site, larger)
        assert done["Status"] == "Failed"
        assert "no space left on device" in done["StandardErrorContent"]
        inside(site, "rm", "/var/lib/docker/full")
        assert deploy(site, larger)["Status"] == "Success"
    assert seen.failures == []


def test_the_ports_follow_the_sites_name_to_a_load_balancer_and_back_without_a_lost_request(site: Site) -> None:
    config, context = site.cloud.config, site.cloud.context
    record(site, to_address(address(site)))
    made = fixed_response(site, "balancer")

    def browser() -> httpx.Client:
        trusted = ssl.create_default_context(cafile=str(context.certificates.certificate_path))
        return httpx.Client(base_url=f"https://localhost:{config.https_port}", verify=trusted, timeout=10)

    with asking(config.https_port) as seen, requests(browser) as kept:
        time.sleep(2)
        assert answer(site) == "two"
        record(site, to_balancer(made))
        wait_until(lambda: answer(site) == "balancer", 30)
        time.sleep(2)
        record(site, to_address(address(site)))
        wait_until(lambda: answer(site) == "two", 30)
        time.sleep(2)
    assert seen.failures == kept.failures == []
    assert {"two", "balancer"} == set(seen.answers) == kept.releases
    site.aws("elbv2").delete_load_balancer(LoadBalancerArn=made["LoadBalancerArn"])
    time.sleep(2)
    assert answer(site) == "two"


def fixed_response(site: Site, body: str) -> dict[str, Any]:
    """A load balancer that answers by itself."""
    made = balancer(site)
    certificate = site.aws("acm").request_certificate(DomainName=NAME, ValidationMethod="DNS")["CertificateArn"]
    said = {"StatusCode": "200", "ContentType": "text/plain", "MessageBody": body}
    site.aws("elbv2").create_listener(
        LoadBalancerArn=made["LoadBalancerArn"],
        Protocol="HTTPS",
        Port=443,
        Certificates=[{"CertificateArn": certificate}],
        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": said}],
    )
    return made


def test_a_machine_that_hangs_is_replaced(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status_checks, "SILENT_SECONDS", 10.0)
    before = site.instance_id()
    site.record(site.publish("two"))
    machine(site).pause()
    wait_until(lambda: site.instance_id() != before, 60)
    monkeypatch.undo()
    wait_until(lambda: site.led_to() == site.instance_id(), 240)
    wait_until(lambda: answer(site) == "two", 60)


def test_a_machine_that_dies_is_replaced_and_the_address_moves_to_the_new_one(site: Site) -> None:
    before = site.instance_id()
    site.record(site.publish("two"))
    machine(site).kill()
    wait_until(lambda: site.instance_id() != before, 60)
    wait_until(lambda: site.led_to() == site.instance_id(), 240)
    wait_until(lambda: answer(site) == "two", 60)
