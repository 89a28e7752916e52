"""Local certificate authority for the load balancer and the database."""

import ipaddress
import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CA_DAYS = 3650
SERVER_DAYS = 397
"""The longest validity that browsers accept."""
RENEW_BEFORE_DAYS = 30

Key = ec.EllipticCurvePrivateKey
ServerKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey
P256 = "EC_prime256v1"
_CURVES: Mapping[str, ec.EllipticCurve] = {
    P256: ec.SECP256R1(),
    "EC_secp384r1": ec.SECP384R1(),
    "EC_secp521r1": ec.SECP521R1(),
}
"""ACM's names of key algorithms; the others are RSA with a number of bits."""


@dataclass(frozen=True)
class ServerCertificate:
    """A certificate and its key as PEM files."""

    certificate_path: Path
    """The server's certificate followed by the authority's."""
    key_path: Path
    """Mode 0600."""

    @property
    def certificate_pem(self) -> str:
        return self.certificate_path.read_text()

    @property
    def key_pem(self) -> str:
        return self.key_path.read_text()

    @property
    def bundle_pem(self) -> str:
        """Certificates and key in one text, HAProxy's format."""
        return self.certificate_pem + self.key_pem


class CertificateAuthority:
    """A certificate authority in a folder; created at first use and kept, so that clients trust it once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()

    @property
    def certificate_path(self) -> Path:
        """Certificate of the authority, for clients to trust. Created when missing."""
        with self._lock:
            self._load()
        return self._folder / "ca.pem"

    def issue(self, host_names: Sequence[str], key_algorithm: str = P256) -> ServerCertificate:
        """Server certificate for these names or IP addresses; the same one until it is about to expire.

        `key_algorithm` is one of ACM's.
        """
        with self._lock:
            authority, authority_key = self._load()
            stem = host_names[0].replace("*", "_") + ("" if key_algorithm == P256 else f".{key_algorithm}")
            issued = ServerCertificate(self._folder / f"{stem}.pem", self._folder / f"{stem}.key.pem")
            if _covers(issued.certificate_path, host_names, authority) and issued.key_path.exists():
                return issued
            key = _new_key(key_algorithm)
            chain = _sign_server(host_names, key.public_key(), authority, authority_key)
            _write(issued.key_path, _pem(key), mode=0o600)
            _write(issued.certificate_path, chain)
            return issued

    def _load(self) -> tuple[x509.Certificate, Key]:
        certificate_path, key_path = self._folder / "ca.pem", self._folder / "ca.key.pem"
        if certificate_path.exists() and key_path.exists():
            key = serialization.load_pem_private_key(key_path.read_bytes(), password=None)
            certificate = x509.load_pem_x509_certificate(certificate_path.read_bytes())
            if isinstance(key, Key) and certificate.public_key() == key.public_key() and not _expires_soon(certificate):
                return certificate, key
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _sign_authority(key)
        _write(key_path, _pem(key), mode=0o600)
        _write(certificate_path, certificate.public_bytes(serialization.Encoding.PEM))
        return certificate, key


def _new_key(algorithm: str) -> ServerKey:
    if algorithm in _CURVES:
        return ec.generate_private_key(_CURVES[algorithm])
    return rsa.generate_private_key(public_exponent=65_537, key_size=int(algorithm.removeprefix("RSA_")))


def _sign_authority(key: Key) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "embedded cloud, this machine only")])
    usage = x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,
        crl_sign=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        _builder(name, name, key.public_key(), CA_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )


def _sign_server(host_names: Sequence[str], key: PublicKey, authority: x509.Certificate, authority_key: Key) -> bytes:
    """The certificate, followed by the authority's, in PEM."""
    # A common name has at most 64 characters; clients read the alternative names.
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host_names[0][:64])])
    issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    certificate = (
        _builder(name, authority.subject, key, SERVER_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in host_names]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(issuer_key, critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    return b"".join(one.public_bytes(serialization.Encoding.PEM) for one in (certificate, authority))


def _builder(subject: x509.Name, issuer: x509.Name, key: PublicKey, days: int) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        # The clock of a virtual machine that slept may be behind.
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _covers(path: Path, host_names: Sequence[str], authority: x509.Certificate) -> bool:
    if not path.exists():
        return False
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    try:
        certificate.verify_directly_issued_by(authority)
    except Exception:  # noqa: BLE001 - an old file that cannot be verified is replaced
        return False
    return set(names) == {_general_name(name) for name in host_names} and not _expires_soon(certificate)


def _expires_soon(certificate: x509.Certificate) -> bool:
    return certificate.not_valid_after_utc - datetime.now(UTC) < timedelta(days=RENEW_BEFORE_DAYS)


def _pem(key: ServerKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, content: bytes, mode: int = 0o644) -> None:
    partial = path.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    partial.replace(path)
