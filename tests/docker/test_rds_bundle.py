"""The certificate authorities of RDS in docker/rds."""

import datetime as dt
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes

FOLDER = Path(__file__).parents[2] / "docker" / "rds"
BUNDLE = x509.load_pem_x509_certificates((FOLDER / "global-bundle.pem").read_bytes())
LISTED = {line[66:]: line[:64] for line in (FOLDER / "fingerprints.txt").read_text().splitlines()}


def name(certificate: x509.Certificate) -> str:
    (found,) = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(found.value)


def test_the_bundle_holds_exactly_the_listed_certificates() -> None:
    assert len(BUNDLE) == len(LISTED) == 81
    assert {name(certificate): certificate.fingerprint(hashes.SHA256()).hex() for certificate in BUNDLE} == LISTED


def test_each_region_has_its_three_roots() -> None:
    regions = {listed.split()[2] for listed in LISTED}
    kinds = ("ECC384", "RSA2048", "RSA4096")
    assert set(LISTED) == {f"Amazon RDS {region} Root CA {kind} G1" for region in regions for kind in kinds}
    assert {"us-east-1", "us-west-2", "eu-central-1", "eu-west-1", "ap-southeast-2"} <= regions


def test_none_expires_within_ten_years() -> None:
    latest = dt.datetime.now(dt.UTC) + dt.timedelta(days=3650)
    assert [name(certificate) for certificate in BUNDLE if certificate.not_valid_after_utc < latest] == []


def test_each_certificate_is_a_self_signed_authority() -> None:
    for certificate in BUNDLE:
        certificate.verify_directly_issued_by(certificate)
        assert certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca, name(certificate)
