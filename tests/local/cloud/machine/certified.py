"""A site whose certificate is asked for, and what can be seen of it."""

import http.client
import json
import socket
import ssl
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from local.cloud.server import EmbeddedCloud
from local.images import images
from tests.infra.machine.program.pairs import pair
from tests.local.cloud.clouds import client
from tests.local.cloud.machine.site import HOST, Site
from tests.local.cloud.machine.visitors import ask


def base(role: str) -> str:
    return images.ensure([role], print, lambda: None)[role]


def zone(cloud: EmbeddedCloud) -> str:
    return str(client(cloud, "route53").list_hosted_zones()["HostedZones"][0]["Id"]).rpartition("/")[2]


def pushed(cloud: EmbeddedCloud, name: str, **build: Any) -> str:
    """An image in ECR, by digest."""
    uri = client(cloud, "ecr").create_repository(repositoryName=name)["repository"]["repositoryUri"]
    docker = cloud.context.docker.client
    docker.images.build(tag=f"{uri}:one", **build)
    events = list(docker.images.push(uri, "one", stream=True, decode=True))
    docker.images.remove(f"{uri}:one")
    return f"{uri}@{next(event['aux']['Digest'] for event in events if 'aux' in event)}"


def answers(site: Site) -> bool:
    try:
        return bool(ask(site.cloud.config.https_port))
    except (OSError, http.client.HTTPException, AssertionError):
        return False


def inside(site: Site, *command: str) -> str:
    (container,) = site.cloud.context.docker.containers("instance")
    code, output = container.exec_run(list(command))
    assert code == 0, output.decode()
    return str(output.decode())


def shown(site: Site) -> x509.Certificate:
    """The certificate that visitors see; one that trusts the cloud's authority takes it for the site's name."""
    trusting = ssl.create_default_context(cafile=str(site.cloud.context.certificates.certificate_path))
    with (
        socket.create_connection(("127.0.0.1", site.cloud.config.https_port), timeout=10) as plain,
        trusting.wrap_socket(plain, server_hostname=HOST) as secure,
    ):
        found = secure.getpeercert(binary_form=True)
    assert found
    return x509.load_der_x509_certificate(found)


def kept(site: Site) -> dict[str, Any]:
    text = site.aws("secretsmanager").get_secret_value(SecretId=site.certificate_secret)["SecretString"]
    found: dict[str, Any] = json.loads(text)
    return found


def orders(site: Site) -> set[str]:
    """Ids of all requests that the ACME server has seen."""
    return set(json.loads((site.cloud.config.state_dir / "acme.json").read_text())["orders"])


def end_soon(site: Site) -> None:
    """Put a certificate with ten days left in place of the one that is kept, of the same authority."""
    key = pair(HOST).key
    public: Any = load_pem_private_key(key.encode(), None).public_key()
    chain = site.cloud.context.certificates.certify([HOST], public, 10)
    site.aws("secretsmanager").put_secret_value(
        SecretId=site.certificate_secret, SecretString=json.dumps({**kept(site), "cert.pem": chain, "key.pem": key})
    )


def look_again(site: Site) -> None:
    """The keeper looks at its start, and then twice a day."""
    inside(site, "systemctl", "restart", "preqly.service")


def said_by_the_keeper(site: Site) -> str:
    logs = site.aws("logs")
    streams = [one["logStreamName"] for one in logs.describe_log_streams(logGroupName="application")["logStreams"]]
    return "\n".join(
        event["message"]
        for stream in streams
        if stream.startswith("machine/keeper/")
        for event in logs.get_log_events(logGroupName="application", logStreamName=stream)["events"]
    )
