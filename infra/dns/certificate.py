"""ACM certificate of the site, validated by DNS records that stay, so that ACM renews it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import boto3
import pulumi
import pulumi_aws as aws
from botocore.exceptions import ClientError

from infra.dns.wanted import Wanted
from infra.problem import Problem

ISSUED_WITHIN = "15m"
"""ACM issues within minutes; with a zone that is not delegated it never does, and the deploy fails after this time."""

IMPORTED = "IMPORTED"
"""ACM's type of a certificate that it did not issue
(docs.aws.amazon.com/acm/latest/APIReference/API_CertificateDetail.html)."""


@dataclass(frozen=True, kw_only=True)
class CertificateArgs:
    """Arguments of the certificate."""

    hosts: tuple[str, ...]
    """The domain first, then its aliases."""
    zone_ids: Mapping[str, pulumi.Input[str]]
    """Hosted zone of each host."""
    retained: frozenset[str] = frozenset()
    """Hosts whose validation records `pulumi destroy` leaves: other certificates of the same names share them."""
    existing_arn: str = ""
    """Use this certificate and make none."""


class Certificate(pulumi.ComponentResource):
    """One certificate for every host: an existing one, or a new one."""

    certificate_arn: pulumi.Output[str]
    """Known once the certificate is issued."""

    def __init__(self, name: str, args: CertificateArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("preqly:infra:Certificate", name, None, opts)
        self._args = args
        if args.existing_arn:
            self.certificate_arn = pulumi.Output.from_input(args.existing_arn)
        else:
            self.certificate_arn = self._create(name, args)
        self.register_outputs({"certificate_arn": self.certificate_arn})

    def _create(self, name: str, args: CertificateArgs) -> pulumi.Output[str]:
        certificate = aws.acm.Certificate(
            f"{name}-site",
            domain_name=args.hosts[0],
            subject_alternative_names=list(args.hosts[1:]) or None,
            validation_method="DNS",
            opts=pulumi.ResourceOptions(parent=self),
        )
        records = [self._validation_record(f"{name}-{host}", certificate, host) for host in args.hosts]
        issued = aws.acm.CertificateValidation(
            f"{name}-issued",
            certificate_arn=certificate.arn,
            validation_record_fqdns=[record.fqdn for record in records],
            opts=pulumi.ResourceOptions(parent=self, custom_timeouts=pulumi.CustomTimeouts(create=ISSUED_WITHIN)),
        )
        arn: pulumi.Output[str] = issued.certificate_arn
        return arn

    def _validation_record(self, name: str, certificate: aws.acm.Certificate, host: str) -> aws.route53.Record:
        option = certificate.domain_validation_options.apply(
            lambda options: next(option for option in options if option.domain_name == host)
        )
        return aws.route53.Record(
            name,
            zone_id=self._args.zone_ids[host],
            name=option.resource_record_name,
            type=option.resource_record_type,
            records=[option.resource_record_value],
            ttl=60,
            # ACM asks for the same record for every certificate of a name in one account, so it may exist, and another
            # certificate may need it to be renewed.
            allow_overwrite=True,
            opts=pulumi.ResourceOptions(parent=self, retain_on_delete=host in self._args.retained),
        )


def find(session: boto3.Session, wanted: Wanted) -> dict[str, Any] | None:
    """The certificate that `certificateArn` names, as ACM describes it; None when the region has no such one."""
    acm: Any = session.client("acm")
    try:
        found: dict[str, Any] = acm.describe_certificate(CertificateArn=wanted.certificate_arn)["Certificate"]
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("ResourceNotFoundException", "InvalidArnException"):
            raise
        return None
    return found


def problems(wanted: Wanted, found: dict[str, Any] | None) -> list[Problem]:
    """Why the listener cannot use `certificateArn`: it must be issued, or imported, and valid for every name."""
    fix = "pulumi config set certificateArn <another one>, or pulumi config rm certificateArn: the stack makes one"
    if found is None:
        rule = "the account has no such certificate in this region; `aws acm list-certificates` lists them"
        return [wanted.problem("certificate_arn", rule, fix)]
    if found["Status"] != "ISSUED":
        ended = f" since {_day(found)}" if found["Status"] == "EXPIRED" else ""
        renew = f"{_import_again(found)}, or " if found["Type"] == IMPORTED else ""
        rule = f"is {found['Status']}{ended}, and a listener takes an ISSUED one"
        return [wanted.problem("certificate_arn", rule, renew + fix)]
    # Browsers ignore the common name of a certificate with alternative names (RFC 9525).
    names = found.get("SubjectAlternativeNames") or [found["DomainName"]]
    missing = [host for host in wanted.hosts if not any(covers(name, host) for name in names)]
    if missing:
        rule = f"is for {', '.join(dict.fromkeys(names))}, not for {', '.join(missing)}"
        return [wanted.problem("certificate_arn", rule, fix)]
    return []


def notes(found: dict[str, Any]) -> Iterator[str]:
    """What becomes of a certificate that ACM did not issue itself."""
    if found["Type"] == IMPORTED:
        days = (found["NotAfter"] - datetime.now(UTC)).days
        yield (
            f"certificateArn: an imported certificate, which ACM does not renew. It expires on {_day(found)}, in "
            f"{days} days. Before that: {_import_again(found)}"
        )
    elif found["Type"] == "PRIVATE":
        yield "certificateArn: a certificate of a private authority, which the browsers of the public do not trust"


def _day(found: dict[str, Any]) -> str:
    return f"{found['NotAfter'].astimezone(UTC):%Y-%m-%d}"


def _import_again(found: dict[str, Any]) -> str:
    """The command that replaces an imported certificate in place; listeners then present the new one."""
    return (
        f"aws acm import-certificate --certificate-arn {found['CertificateArn']} --certificate fileb://<certificate> "
        "--private-key fileb://<key> --certificate-chain fileb://<chain>"
    )


def covers(name: str, host: str) -> bool:
    """Whether a certificate's name is valid for a host; a wildcard stands for one label (RFC 6125)."""
    name = name.lower()
    return name == host or (name.startswith("*.") and host.partition(".")[2] == name[2:])
