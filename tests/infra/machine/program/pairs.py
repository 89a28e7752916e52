"""Certificates for tests, by an authority that nobody trusts."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from infra.machine.program.certificate_pair import Pair

AUTHORITY = ec.generate_private_key(ec.SECP256R1())


def pair(*hosts: str, days: int = 90, begins: int = -1) -> Pair:
    """For these hosts, until so many days from now; the same one for the same words."""
    return _made(hosts, days, begins)


@lru_cache
def _made(hosts: tuple[str, ...], days: int, begins: int) -> Pair:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority")]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=min(begins, days - 1)))
        .not_valid_after(now + timedelta(days=days, minutes=5))
    )
    if hosts:
        names = x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts])
        builder = builder.add_extension(names, critical=False)
    certificate = builder.sign(AUTHORITY, hashes.SHA256())
    pem = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return Pair(
        certificate.public_bytes(serialization.Encoding.PEM).decode(),
        key.private_bytes(*pem).decode(),
    )


def document(given: Pair) -> dict[str, str]:
    """As a secret keeps it."""
    return {"cert.pem": given.certificate, "key.pem": given.key}
