"""Certbot, the ACME server, Route 53, Secrets Manager and nginx together: from no certificate to a renewed one."""

import concurrent.futures
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509

from local.cloud.cleanup import remove_all
from local.cloud.config import STANDIN_IMAGES, CloudConfig
from local.cloud.ecr import EcrAgent
from local.cloud.machine.agent import MachineAgent
from local.cloud.server import EmbeddedCloud
from local.images import images
from tests.infra.machine.program.pairs import document, pair
from tests.local.cloud.clouds import client, free_port
from tests.local.cloud.machine.certified import (
    answers,
    base,
    end_soon,
    inside,
    kept,
    look_again,
    orders,
    pushed,
    said_by_the_keeper,
    shown,
    zone,
)
from tests.local.cloud.machine.site import DOCUMENT, HOST, Site
from tests.local.cloud.machine.visitors import ask, asking
from tests.waiting import wait_until

pytestmark = pytest.mark.containers

APPLICATION = Path(__file__).parent / "application"
PROXY = Path(__file__).parents[4] / "docker"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    config = CloudConfig(
        name=f"test-tls-{free_port()}",
        state_dir=tmp_path_factory.mktemp("machine"),
        api_port=0,
        http_port=free_port(),
        https_port=free_port(),
        registry_port=free_port(),
        images={**STANDIN_IMAGES, "machine": images.ensure_machine(print)},
    )
    cloud = EmbeddedCloud(config, agents=[EcrAgent, MachineAgent])
    cloud.start()
    try:
        wait_until(lambda: [c.status for c in cloud.context.docker.containers("registry")] == ["running"])
        made = Site(cloud)
        made.create({"DATABASE_URL": "x", "SECRET_KEY": "y"})
        made.acme_server = cloud.acme_directory
        made.certificate_secret = client(cloud, "secretsmanager").create_secret(Name="kept")["ARN"]
        made.zone_id = zone(cloud)
        made.image = pushed(cloud, "web", path=str(APPLICATION), buildargs={"BASE": base("python"), "TAG": "web"})
        recipe = {"dockerfile": str(APPLICATION / "proxy.Dockerfile"), "buildargs": {"BASE": base("nginx")}}
        made.proxy_image = pushed(cloud, "proxy", path=str(PROXY), **recipe)
        made.record(made.publish("one"))
        made.launch()
        wait_until(lambda: made.led_to() == made.instance_id(), 240)
        wait_until(lambda: answers(made), 60)
        yield made
    finally:
        cloud.stop()
        remove_all(config.name)


def test_a_new_site_has_a_certificate_before_its_address_leads_anywhere(site: Site) -> None:
    assert shown(site).serial_number == x509.load_pem_x509_certificate(kept(site)["cert.pem"].encode()).serial_number
    assert len(orders(site)) == 1
    assert [name for name in kept(site)["accounts"] if name.endswith("private_key.json")]
    records = site.aws("route53").list_resource_record_sets(HostedZoneId=site.zone_id)["ResourceRecordSets"]
    assert not [record for record in records if record["Type"] == "TXT"], "what proved the host is gone"


def test_key_and_account_are_in_memory_only_and_the_containers_see_two_files(site: Site) -> None:
    line = kept(site)["key.pem"].splitlines()[1]
    (container,) = site.cloud.context.docker.containers("instance")
    for folder in ("/etc", "/var/lib/preqly", "/var/lib/letsencrypt", "/var/log", "/root", "/opt"):
        code, output = container.exec_run(["grep", "-rlF", "--", line, folder])
        assert code != 0, output.decode()
    assert inside(site, "sh", "-c", "ls -d /run/preqly/certbot* 2>/dev/null || true") == ""
    proxy = inside(site, "docker", "ps", "--quiet", "--filter", "label=com.docker.compose.service=proxy").strip()
    mounts = inside(site, "docker", "inspect", "--format", "{{range .Mounts}}{{.Source}} {{end}}", proxy).split()
    assert mounts == ["/run/preqly/certificate"]
    assert inside(site, "ls", "--almost-all", *mounts).split() == ["cert.pem", "key.pem"]


def test_port_80_sends_visitors_on_whatever_they_ask_for(site: Site) -> None:
    url = f"http://127.0.0.1:{site.cloud.config.http_port}/media/picture.jpg?size=2"
    answer = httpx.post(url, headers={"Host": HOST}, content=b"x")
    assert answer.status_code == 301
    assert answer.headers["location"] == f"https://{HOST}:{site.cloud.config.https_port}/media/picture.jpg?size=2"
    assert "location" not in httpx.get(url, headers={"Host": "evil.test"}).headers


def test_a_renewal_reaches_new_visitors_and_ends_nobodys_request(site: Site) -> None:
    before = shown(site).serial_number
    end_soon(site)
    with asking(site.cloud.config.https_port) as seen, concurrent.futures.ThreadPoolExecutor() as pool:
        slow = [pool.submit(ask_slowly, site, start) for start in range(0, 12, 2)]
        look_again(site)
        wait_until(lambda: shown(site).serial_number != before, 90)
        assert [one.result() for one in slow] == ["one"] * 6
    assert seen.failures == []
    assert (shown(site).not_valid_after_utc - shown(site).not_valid_before_utc).days >= 89
    assert len(orders(site)) == 2
    assert "asked" not in kept(site)


def ask_slowly(site: Site, start: int) -> str:
    """A request of seven seconds, begun so many seconds from now."""
    time.sleep(start)
    return ask(site.cloud.config.https_port, "/slower")


def test_without_an_acme_server_the_old_certificate_serves_on_and_the_log_says_why(site: Site) -> None:
    end_soon(site)
    before, seen = shown(site).serial_number, orders(site)
    site.cloud._acme.stop()  # type: ignore[union-attr]
    look_again(site)
    wait_until(lambda: "gave no certificate for app.preqly.com" in said_by_the_keeper(site), 90)
    look_again(site)
    time.sleep(5)
    assert answers(site)
    assert orders(site) == seen
    assert kept(site)["asked"]["tries"] == 1, "asked once, not at every look"
    own = x509.load_pem_x509_certificate(kept(site)["cert.pem"].encode())
    assert shown(site).serial_number in (before, own.serial_number)


def test_a_release_that_can_have_no_certificate_fails_with_the_reason(site: Site) -> None:
    ssm, instance = client(site.cloud, "ssm"), site.instance_id()
    site.acme_server = "https://127.0.0.1:9/directory"
    key = site.publish("two")
    site.acme_server = site.cloud.acme_directory
    sent = ssm.send_command(
        InstanceIds=[instance], DocumentName=DOCUMENT, Parameters={"command": ["deploy"], "release": [key]}
    )["Command"]["CommandId"]

    def over() -> Any:
        found = ssm.get_command_invocation(CommandId=sent, InstanceId=instance)
        return found if found["Status"] in ("Success", "Failed") else None

    done = wait_until(over, 120)
    assert done["Status"] == "Failed"
    assert "https://127.0.0.1:9/directory gave no certificate for app.preqly.com" in done["StandardErrorContent"]
    assert ask(site.cloud.config.https_port) == "one"


def test_a_machine_in_place_of_another_takes_the_certificate_and_asks_for_nothing(site: Site) -> None:
    site.aws("secretsmanager").put_secret_value(
        SecretId=site.certificate_secret,
        SecretString=json.dumps({**document(pair(HOST)), "server": site.acme_server}),
    )
    before, seen = site.instance_id(), orders(site)
    (container,) = site.cloud.context.docker.containers("instance")
    container.kill()
    wait_until(lambda: site.instance_id() != before, 60)
    wait_until(lambda: site.led_to() == site.instance_id(), 240)
    wait_until(lambda: answers(site), 60)
    assert orders(site) == seen
    assert "asked" not in kept(site)
