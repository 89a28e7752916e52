"""The ACM certificate that `certificateArn` names, or the reason why it cannot serve the site."""

from typing import Any

import boto3
from botocore.exceptions import ClientError

from infra.dns.wanted import Wanted
from infra.settings.problem import Problem


def problems(session: boto3.Session, wanted: Wanted) -> list[Problem]:
    """What is wrong with the certificate: it must be issued, for every name, in the stack's region."""
    acm: Any = session.client("acm")
    fix = "pulumi config set certificateArn <another one>, or pulumi config rm certificateArn: the stack makes one"
    try:
        found = acm.describe_certificate(CertificateArn=wanted.certificate_arn)["Certificate"]
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("ResourceNotFoundException", "InvalidArnException"):
            raise
        rule = "the account has no such certificate in this region; `aws acm list-certificates` lists them"
        return [wanted.problem("certificate_arn", rule, fix)]
    if found["Status"] != "ISSUED":
        return [wanted.problem("certificate_arn", f"is {found['Status']}, and a listener takes an ISSUED one", fix)]
    names = [found["DomainName"], *found.get("SubjectAlternativeNames", [])]
    missing = [host for host in wanted.hosts if not any(covers(name, host) for name in names)]
    if missing:
        rule = f"is for {', '.join(dict.fromkeys(names))}, not for {', '.join(missing)}"
        return [wanted.problem("certificate_arn", rule, fix)]
    return []


def covers(name: str, host: str) -> bool:
    """Whether a certificate's name is valid for a host; a wildcard stands for one label (RFC 6125)."""
    name = name.lower()
    return name == host or (name.startswith("*.") and host.partition(".")[2] == name[2:])
