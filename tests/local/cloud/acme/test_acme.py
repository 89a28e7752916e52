"""The ACME server: what proves a host, what is signed, and what is refused."""

import contextlib
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from local.cloud.acme.orders import KEPT_ORDERS
from local.cloud.acme.server import AcmeServer
from local.cloud.server import EmbeddedCloud
from tests.local.cloud.acme.client import Client, csr, new_key
from tests.local.cloud.clouds import client

HOST = "app.preqly.com"


@contextlib.contextmanager
def serving(cloud: EmbeddedCloud) -> Iterator[str]:
    server = AcmeServer(cloud.context)
    directory = server.listen("127.0.0.1", "localhost")
    try:
        yield directory
    finally:
        server.stop()


@pytest.fixture
def directory(cloud: EmbeddedCloud) -> Iterator[str]:
    with serving(cloud) as url:
        yield url


@pytest.fixture
def acme(cloud: EmbeddedCloud, directory: str) -> Client:
    made = Client(directory, cloud.context.certificates.certificate_path)
    made.register()
    return made


def put_record(cloud: EmbeddedCloud, name: str, value: str) -> None:
    """As the machine's hook does."""
    route53 = client(cloud, "route53")
    zone = route53.list_hosted_zones()["HostedZones"][0]["Id"]
    record = {"Name": name, "Type": "TXT", "TTL": 60, "ResourceRecords": [{"Value": f'"{value}"'}]}
    route53.change_resource_record_sets(
        HostedZoneId=zone, ChangeBatch={"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]}
    )


def proven(cloud: EmbeddedCloud, acme: Client, *hosts: str) -> tuple[str, Any]:
    """An order whose hosts are all proven."""
    url, order = acme.order(*hosts)
    for authorization in order["authorizations"]:
        answer, _ = acme.post(authorization)
        (challenge,) = answer["challenges"]
        put_record(cloud, f"_acme-challenge.{answer['identifier']['value']}", acme.proof(challenge["token"]))
        said, headers = acme.post(challenge["url"], {})
        assert said["status"] == "valid"
        assert headers["Link"] == f'<{authorization}>;rel="up"'
    return url, acme.post(url)[0]


@pytest.mark.parametrize("kind", ["EC", "RSA"])
def test_a_proven_order_gives_a_certificate_of_the_clouds_own_authority(
    cloud: EmbeddedCloud, directory: str, kind: str
) -> None:
    acme = Client(directory, cloud.context.certificates.certificate_path, key=new_key(kind))
    acme.register()
    url, order = proven(cloud, acme, HOST, "www.preqly.com")
    assert order["status"] == "ready"
    request, key = csr(HOST, "www.preqly.com")
    acme.post(order["finalize"], {"csr": request})
    chain, headers = acme.post(acme.post(url)[0]["certificate"])
    assert headers["Content-Type"] == "application/pem-certificate-chain"
    own, authority = x509.load_pem_x509_certificates(chain.encode())
    own.verify_directly_issued_by(authority)
    assert own.public_key() == key.public_key()
    names = own.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    # And this machine's, under which visitors reach the site here.
    assert sorted(names.get_values_for_type(x509.DNSName)) == [HOST, "localhost", "www.preqly.com"]
    assert 89 <= (own.not_valid_after_utc - own.not_valid_before_utc).days <= 91


def test_a_host_without_its_record_is_refused_and_the_order_with_it(cloud: EmbeddedCloud, acme: Client) -> None:
    put_record(cloud, f"_acme-challenge.{HOST}", "something else")
    url, order = acme.order(HOST)
    answer, _ = acme.post(order["authorizations"][0])
    said, _ = acme.post(answer["challenges"][0]["url"], {})
    assert said["status"] == "invalid"
    assert "TXT record _acme-challenge.app.preqly.com: 1 there, none of them the wanted one" in said["error"]["detail"]
    assert acme.post(url)[0]["status"] == "invalid"
    refusal, _ = acme.post(order["finalize"], {"csr": csr(HOST)[0]})
    assert refusal["type"] == "urn:ietf:params:acme:error:orderNotReady"


def test_a_record_in_somebody_elses_zone_proves_nothing(cloud: EmbeddedCloud, acme: Client) -> None:
    _, order = acme.order("app.example.test")
    answer, _ = acme.post(order["authorizations"][0])
    assert acme.post(answer["challenges"][0]["url"], {})[0]["status"] == "invalid"


def test_only_the_hosts_of_the_order_are_signed(cloud: EmbeddedCloud, acme: Client) -> None:
    _, order = proven(cloud, acme, HOST)
    for hosts in (("evil.preqly.com",), (HOST, "evil.preqly.com")):
        refusal, _ = acme.post(order["finalize"], {"csr": csr(*hosts)[0]})
        assert refusal["type"] == "urn:ietf:params:acme:error:badCSR"
    assert acme.post(order["finalize"], {"csr": "bm8gY3Ny"})[0]["type"].endswith("badCSR")


def test_a_request_with_a_false_signature_or_for_another_url_or_with_an_old_nonce_is_refused(acme: Client) -> None:
    url = acme.directory.replace("/directory", "/new-order")
    forged = replace(acme, key=new_key())
    assert forged.post(url, {})[0]["detail"] == "the signature does not fit the key"
    assert "another URL" in acme.post(url, {}, url=f"{url}/2")[0]["detail"]
    assert acme.post(url, {}, nonce="made-up")[0]["type"] == "urn:ietf:params:acme:error:badNonce"
    used = acme.nonce
    acme.post(url, {})
    assert acme.post(url, {}, nonce=used)[0]["type"] == "urn:ietf:params:acme:error:badNonce"
    assert acme.post(url, {}, alg="none")[0]["type"] == "urn:ietf:params:acme:error:badSignatureAlgorithm"
    assert acme.post(url, {}, alg="RS256")[0]["type"] == "urn:ietf:params:acme:error:badSignatureAlgorithm"


def test_an_account_sees_its_own_orders_only(acme: Client) -> None:
    url, _ = acme.order(HOST)
    other = replace(acme, key=new_key(), kid="", nonce="")
    other.register()
    assert other.post(url)[0]["status"] == 404
    assert replace(acme, key=new_key(), kid="", nonce="").post(url)[0]["type"].endswith("accountDoesNotExist")


def test_the_same_key_is_the_same_account(acme: Client) -> None:
    again = replace(acme, kid="", nonce="")
    again.register()
    assert again.kid == acme.kid


@pytest.mark.parametrize("path", ["/new-order", "/nothing"])
def test_what_is_not_signed_or_not_there_is_refused(acme: Client, path: str) -> None:
    url = acme.directory.replace("/directory", path)
    assert acme.get(url)[0]["type"] == "urn:ietf:params:acme:error:malformed"
    assert "malformed" in acme.post(f"{url}/further/down/the/road")[0]["type"]


def test_accounts_orders_and_the_address_survive_the_clouds_process(cloud: EmbeddedCloud) -> None:
    with serving(cloud) as directory:
        acme = Client(directory, cloud.context.certificates.certificate_path)
        acme.register()
        url, order = proven(cloud, acme, HOST)
    with serving(cloud) as again:
        assert again == directory
        acme.nonce = ""
        assert acme.post(order["finalize"], {"csr": csr(HOST)[0]})[0]["status"] == "valid"
        assert acme.post(url)[0]["certificate"]
    kept = Path(cloud.config.state_dir / "acme.json")
    assert stat.filemode(kept.stat().st_mode) == "-rw-------"


def test_old_orders_are_forgotten(acme: Client) -> None:
    first, _ = acme.order(HOST)
    for _ in range(KEPT_ORDERS):
        last, _ = acme.order(HOST)
    assert acme.post(first)[0]["status"] == 404
    assert acme.post(last)[0]["status"] == "pending"
