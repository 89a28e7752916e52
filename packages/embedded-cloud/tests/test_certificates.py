"""The local certificate authority."""

import ssl
import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from embedded_cloud import certificates
from embedded_cloud.certificates import CertificateAuthority


def names_in(path: Path) -> list[str]:
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return [str(name.value) for name in found]


def test_a_server_certificate_names_every_requested_host(tmp_path: Path) -> None:
    issued = CertificateAuthority(tmp_path).issue(["app.example", "localhost", "127.0.0.1"])
    assert names_in(issued.certificate_path) == ["app.example", "localhost", "127.0.0.1"]


def test_a_client_that_trusts_the_authority_verifies_the_certificate(tmp_path: Path) -> None:
    authority = CertificateAuthority(tmp_path)
    issued = authority.issue(["db.example"])
    server, trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    server.load_cert_chain(issued.certificate_path, issued.key_path)
    trusting.load_verify_locations(authority.certificate_path)
    trusting.verify_flags |= ssl.VERIFY_X509_STRICT

    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client_side = trusting.wrap_bio(to_client, to_server, server_hostname="db.example")
    server_side = server.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(4):
        for side in (client_side, server_side):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    assert client_side.getpeercert()


def test_keys_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    issued = CertificateAuthority(tmp_path).issue(["db.example"])
    for key in (issued.key_path, tmp_path / "ca.key.pem"):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_a_certificate_is_the_same_after_a_restart(tmp_path: Path) -> None:
    first = CertificateAuthority(tmp_path).issue(["db.example"]).certificate_pem
    assert CertificateAuthority(tmp_path).issue(["db.example"]).certificate_pem == first


def test_the_key_is_of_the_algorithm_that_acm_was_asked_for(tmp_path: Path) -> None:
    authority = CertificateAuthority(tmp_path)
    for algorithm, kind in (("RSA_2048", rsa.RSAPublicKey), ("EC_secp384r1", ec.EllipticCurvePublicKey)):
        issued = authority.issue(["app.example"], algorithm)
        key = x509.load_pem_x509_certificate(issued.certificate_path.read_bytes()).public_key()
        assert isinstance(key, kind)
        assert authority.issue(["app.example"], algorithm).certificate_pem == issued.certificate_pem


def test_other_host_names_get_another_certificate(tmp_path: Path) -> None:
    authority = CertificateAuthority(tmp_path)
    authority.issue(["db.example"])
    assert names_in(authority.issue(["db.example", "localhost"]).certificate_path) == ["db.example", "localhost"]


def test_a_certificate_is_renewed_before_it_expires(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = CertificateAuthority(tmp_path).issue(["db.example"]).certificate_pem
    monkeypatch.setattr(certificates, "RENEW_BEFORE_DAYS", certificates.SERVER_DAYS + 1)
    assert CertificateAuthority(tmp_path).issue(["db.example"]).certificate_pem != first


def test_a_new_authority_issues_new_certificates(tmp_path: Path) -> None:
    first = CertificateAuthority(tmp_path).issue(["db.example"]).certificate_pem
    (tmp_path / "ca.key.pem").unlink()
    assert CertificateAuthority(tmp_path).issue(["db.example"]).certificate_pem != first
