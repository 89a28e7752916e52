"""What a certificate and its key must be before nginx gets them."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import serialization

from infra.machine.program.certificate_pair import Pair
from tests.infra.machine.program.pairs import pair

HOST = "app.preqly.com"


def test_a_certificate_that_covers_every_host_serves() -> None:
    assert pair(HOST, "www.preqly.com").problem([HOST, "www.preqly.com"]) == ""


def test_a_wildcard_covers_one_label_and_no_more() -> None:
    assert pair("*.preqly.com").problem([HOST]) == ""
    assert "does not cover a.app.preqly.com" in pair("*.preqly.com").problem(["a.app.preqly.com"])
    assert "does not cover preqly.com" in pair("*.preqly.com").problem(["preqly.com"])


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (Pair(), "cert.pem holds no certificate in PEM"),
        (
            Pair("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----", "x"),
            "cert.pem holds no certificate in PEM",
        ),
        (Pair(pair(HOST).certificate, "hidden"), "key.pem holds no private key in PEM"),
        (
            Pair(pair(HOST).certificate, pair("other.test").key),
            "key.pem does not fit the first certificate of cert.pem",
        ),
        (pair(HOST, days=-1), "expired on "),
        (pair(HOST, begins=2), "not valid before "),
        (pair("www.preqly.com"), "is for www.preqly.com and does not cover app.preqly.com"),
        (pair(), "is for no host"),
    ],
)
def test_what_cannot_serve_is_told_with_the_remedy_and_without_the_key(wrong: Pair, why: str) -> None:
    said = wrong.problem([HOST])
    assert why in said
    assert " put " in said or "comes first" in said
    assert "hidden" not in said
    assert "PRIVATE" not in said
    assert "hidden" not in repr(wrong)


def test_a_key_with_a_password_is_refused() -> None:
    key = serialization.load_pem_private_key(pair(HOST).key.encode(), None)
    locked = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"word")
    )
    assert "opens without a password" in Pair(pair(HOST).certificate, locked.decode()).problem([HOST])


def test_the_time_that_is_left_is_the_certificates_own() -> None:
    left = pair(HOST, days=40).remaining(datetime.now(UTC))
    assert timedelta(days=39) < left < timedelta(days=41)
