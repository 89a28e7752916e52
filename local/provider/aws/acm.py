"""ACM: certificates, and the wait until they are issued."""

import hashlib
from typing import Any

from local.provider.aws import references
from local.provider.aws.route53 import plain_name
from local.provider.aws.tagging import ACM_TAGS
from local.provider.call import Call, from_boto, to_boto
from local.provider.entry import ALL, ResourceType
from local.provider.failures import OperationError
from local.provider.values import Values

_RECORD = {"resourceRecordName": "Name", "resourceRecordType": "Type", "resourceRecordValue": "Value"}
ISSUED_SECONDS = 300
"""ACM takes minutes for a zone it can see; pulumi-aws would wait 75 minutes."""


def _describe(call: Call, arn: str) -> dict[str, Any]:
    certificate: dict[str, Any] = call.aws("acm").describe_certificate(CertificateArn=arn)["Certificate"]
    return certificate


def _request(call: Call) -> str:
    wanted = call.params("domainName validationMethod subjectAlternativeNames keyAlgorithm")
    if call.inputs.get("options"):
        wanted["Options"] = to_boto(call.inputs["options"], "certificateTransparencyLoggingPreference export")
    token = hashlib.sha256(repr((call.urn, sorted(wanted.items(), key=str))).encode()).hexdigest()[:32]
    return str(call.aws("acm").request_certificate(**wanted, IdempotencyToken=token)["CertificateArn"])


def _validation_records(call: Call) -> list[dict[str, Any]]:
    """What has to be in DNS; empty until ACM has made up its mind about every name."""
    options = _describe(call, call.id).get("DomainValidationOptions", [])
    return options if options and all("ResourceRecord" in option for option in options) else []


def _wait_for_records(call: Call) -> None:
    if call.inputs.get("validationMethod") == "DNS":
        call.wait_for(lambda: _validation_records(call), "ACM to name the validation records", seconds=60)


def _read(call: Call) -> Values:
    certificate = _describe(call, call.id)
    names = certificate.get("SubjectAlternativeNames", [])
    options = [
        {
            "domainName": option["DomainName"],
            **from_boto(option["ResourceRecord"], **_RECORD),
        }
        for option in certificate.get("DomainValidationOptions", [])
        if "ResourceRecord" in option
    ]
    # status and dates are left out: they change by themselves right after creation, which is no drift.
    return {
        "arn": call.id,
        "domainName": certificate["DomainName"],
        "subjectAlternativeNames": [name for name in names if name != certificate["DomainName"]],
        "domainValidationOptions": options,
        "keyAlgorithm": certificate.get("KeyAlgorithm", "RSA_2048").replace("-", "_"),
        "type": certificate.get("Type"),
    }


def _same_names(one: list[str], other: list[str]) -> bool:
    return {plain_name(name) for name in one} == {plain_name(name) for name in other}


def _check_records(call: Call) -> str:
    """Whether the program made a record for each name, as pulumi-aws checks before it waits."""
    certificate = _describe(call, call.inputs["certificateArn"])
    given = {plain_name(name) for name in call.inputs.get("validationRecordFqdns", [])}
    for option in certificate.get("DomainValidationOptions", []):
        needed = plain_name(option.get("ResourceRecord", {}).get("Name", ""))
        if given and needed not in given:
            raise OperationError(f"validationRecordFqdns: no record {needed}, which proves {option['DomainName']}")
    return str(call.inputs["certificateArn"])


def _wait_until_issued(call: Call) -> None:
    def issued() -> bool:
        certificate = _describe(call, call.id)
        if certificate["Status"] in ("FAILED", "VALIDATION_TIMED_OUT", "REVOKED"):
            raise OperationError(f"the certificate is {certificate['Status']}: {certificate.get('FailureReason', '')}")
        return bool(certificate["Status"] == "ISSUED")

    call.wait_for(issued, f"certificate {call.id} to be issued (are its validation records in DNS?)", ISSUED_SECONDS)


def _read_validation(call: Call) -> Values | None:
    issued = _describe(call, call.id)["Status"] == "ISSUED"
    return {"certificateArn": call.id} if issued else None


RESOURCES = (
    ResourceType(
        "aws:acm/certificate:Certificate",
        reported="domainName subjectAlternativeNames keyAlgorithm",
        unreported="validationMethod options",
        replaces="domainName subjectAlternativeNames keyAlgorithm validationMethod",
        equal={"subjectAlternativeNames": _same_names},
        tags=ACM_TAGS,
        check=lambda inputs: [] if "domainName" in inputs else [("domainName", "is required")],
        create=_request,
        ready=_wait_for_records,
        read=_read,
        update=lambda _call: None,
        delete=lambda call: call.aws("acm").delete_certificate(CertificateArn=call.id),
    ),
    ResourceType(
        "aws:acm/certificateValidation:CertificateValidation",
        reported="certificateArn",
        unreported="validationRecordFqdns",
        replaces=ALL,
        unordered="validationRecordFqdns",
        references={"certificateArn": references.CERTIFICATE},
        create=_check_records,
        ready=_wait_until_issued,
        read=_read_validation,
        # Nothing at AWS stands for it.
        delete=lambda _call: None,
    ),
)
