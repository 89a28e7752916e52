"""The certificate that visitors of the machine see, and the secret that keeps it."""

import json
import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from local import site
from local.cloud.certificates import CertificateAuthority
from tests.e2e.checkout import Checkout


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What a server has shown."""

    names: set[str]
    days_left: float
    serial: int


def shown(checkout: Checkout, name: str) -> Shown:
    """To a visitor who trusts the embedded cloud's authority alone, and asks for this name. Raises ssl.SSLError."""
    trust = ssl.create_default_context(cafile=str(site.authority(checkout.runtime)))
    with (
        socket.create_connection(("127.0.0.1", checkout.runtime.ports.https), timeout=10) as plain,
        trust.wrap_socket(plain, server_hostname=name) as secured,
    ):
        certificate = x509.load_der_x509_certificate(secured.getpeercert(binary_form=True) or b"")
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    left = certificate.not_valid_after_utc - datetime.now(UTC)
    return Shown(
        names=set(names.get_values_for_type(x509.DNSName)),
        days_left=left.total_seconds() / 86400,
        serial=certificate.serial_number,
    )


def orders(checkout: Checkout) -> int:
    """How many certificates the ACME server was asked for."""
    return len(_acme(checkout)["orders"])


def acme_port(checkout: Checkout) -> int:
    """Where the ACME server answers."""
    return int(_acme(checkout)["port"])


def secret_of_certificate(checkout: Checkout) -> tuple[str, dict[str, Any]]:
    """ARN and document of the secret that the machine fills."""
    secrets = checkout.aws("secretsmanager")
    for one in secrets.list_secrets()["SecretList"]:
        document = json.loads(secrets.get_secret_value(SecretId=one["ARN"])["SecretString"])
        if "key.pem" in document:
            return one["ARN"], document
    raise AssertionError("no secret keeps the certificate's key")


def put_nearly_over(checkout: Checkout, days: int) -> None:
    """As if time had passed: the certificate in the secret has this many days left."""
    arn, document = secret_of_certificate(checkout)
    document.pop("asked", None)
    document |= pair(checkout, sorted(shown(checkout, "app.preqly.com").names), days)
    checkout.aws("secretsmanager").put_secret_value(SecretId=arn, SecretString=json.dumps(document))


def pair(checkout: Checkout, names: list[str], days: int) -> dict[str, str]:
    """`cert.pem` and `key.pem` of an authority that the visitors trust."""
    authority = CertificateAuthority(checkout.runtime.folder / "cloud" / "certificates")
    key = ec.generate_private_key(ec.SECP256R1())
    text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    return {"cert.pem": authority.certify(names, key.public_key(), days), "key.pem": text}


def _acme(checkout: Checkout) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((checkout.runtime.folder / "cloud" / "acme.json").read_text())
    return found
