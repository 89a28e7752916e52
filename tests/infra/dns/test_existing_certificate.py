"""The certificate that `certificateArn` names: issued, for every name, before any resource."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from moto.acm.models import CertBundle

from infra.dns.certificate import covers
from tests.infra.dns.account import HOST, REGION, ZONE, Account, simple


def request(aws_account: Account, *names: str, issued: bool = True) -> str:
    acm = aws_account.client("acm")
    arn = str(
        acm.request_certificate(DomainName=names[0], SubjectAlternativeNames=list(names), ValidationMethod="DNS")[
            "CertificateArn"
        ]
    )
    options = acm.describe_certificate(CertificateArn=arn)["Certificate"]["DomainValidationOptions"]
    proofs = {one["ResourceRecord"]["Name"]: one["ResourceRecord"]["Value"] for one in options}
    if issued:
        aws_account.write(*(simple("CNAME", value, name=name.rstrip(".")) for name, value in proofs.items()))
    return arn


def test_an_imported_certificate_is_used_and_its_end_is_said(aws_account: Account) -> None:
    arn = aws_account.imported(f"*.{ZONE}", ZONE)
    (note,) = aws_account.found(certificate_arn=arn, hosts=(HOST, ZONE)).notes
    end = datetime.now(UTC) + timedelta(days=90, hours=1)
    assert f"ACM does not renew. It expires on {end:%Y-%m-%d}, in 90 days" in note
    assert f"aws acm import-certificate --certificate-arn {arn}" in note


def test_an_imported_certificate_is_for_its_alternative_names_whatever_its_common_name(aws_account: Account) -> None:
    arn = aws_account.imported(f"*.{ZONE}", common_name=ZONE)
    refused = aws_account.problem(certificate_arn=arn, hosts=(HOST, ZONE))
    assert refused.rule == f"is for *.{ZONE}, not for {ZONE}"
    assert aws_account.found(certificate_arn=aws_account.imported(common_name=HOST)).zone_id


def test_an_imported_certificate_that_expired_is_refused_with_the_command_that_replaces_it(
    aws_account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    # ACM imports none that has expired; this one does later.
    with monkeypatch.context() as patch:
        patch.setattr(CertBundle, "validate_certificate", lambda self: x509.load_pem_x509_certificate(self.cert))
        arn = aws_account.imported(HOST, days=-3)
    refused = aws_account.problem(certificate_arn=arn)
    end = datetime.now(UTC) - timedelta(days=3, hours=-1)
    assert refused.rule == f"is EXPIRED since {end:%Y-%m-%d}, and a listener takes an ISSUED one"
    assert refused.fix.startswith(f"aws acm import-certificate --certificate-arn {arn}")


def test_a_certificate_that_acm_renews_needs_no_note(aws_account: Account) -> None:
    assert aws_account.found(certificate_arn=request(aws_account, HOST)).notes == ()


def test_an_issued_certificate_for_every_name_is_used(aws_account: Account) -> None:
    arn = request(aws_account, f"*.{ZONE}", ZONE)
    assert aws_account.found(certificate_arn=arn, hosts=(HOST, ZONE)).zone_id


def test_a_certificate_without_one_of_the_names_is_refused(aws_account: Account) -> None:
    arn = request(aws_account, HOST)
    refused = aws_account.problem(certificate_arn=arn, hosts=(HOST, f"www.{ZONE}"))
    assert refused.rule == f"is for {HOST}, not for www.{ZONE}"


def test_a_certificate_that_is_not_issued_is_refused(aws_account: Account) -> None:
    arn = request(aws_account, HOST, issued=False)
    assert "is PENDING_VALIDATION" in aws_account.problem(certificate_arn=arn).rule


def test_a_certificate_that_does_not_exist_is_refused(aws_account: Account) -> None:
    arn = f"arn:aws:acm:{REGION}:123456789012:certificate/00000000-0000-0000-0000-000000000000"
    assert "no such certificate" in aws_account.problem(certificate_arn=arn).rule


def test_caa_records_do_not_matter_to_a_certificate_that_is_issued(aws_account: Account) -> None:
    arn = request(aws_account, HOST)
    assert aws_account.found(certificate_arn=arn).zone_id
    aws_account.write(simple("CAA", '0 issue ";"', name=ZONE))
    assert aws_account.found(certificate_arn=arn).zone_id


@pytest.mark.parametrize(
    ("name", "host", "covered"),
    [
        (HOST, HOST, True),
        (f"*.{ZONE}", HOST, True),
        (f"*.{ZONE}", ZONE, False),
        (f"*.{ZONE}", f"a.b.{ZONE}", False),
        (ZONE, HOST, False),
    ],
)
def test_a_wildcard_covers_one_label(name: str, host: str, covered: bool) -> None:
    assert covers(name, host) is covered
