"""ACM: certificates and their validation."""

import hashlib
from typing import Any

from embedded_cloud.emulation import Emulation
from embedded_cloud.providers.aws import references
from embedded_cloud.providers.aws.route53 import plain_name
from embedded_cloud.providers.aws.tagging import CERTIFICATE_TAGS
from embedded_cloud.providers.call import Call, from_boto, to_boto
from embedded_cloud.providers.entry import ALL, ResourceType
from embedded_cloud.providers.failures import OperationError
from embedded_cloud.providers.values import Values

_RECORD = {"resourceRecordName": "Name", "resourceRecordType": "Type", "resourceRecordValue": "Value"}
ISSUED_SECONDS = 300
"""How long a validation waits. ACM takes minutes once the records are public; pulumi-aws waits 75 minutes."""


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
    """DNS records to create; empty until ACM has one for every name."""
    options = _describe(call, call.id).get("DomainValidationOptions", [])
    return options if options and all("ResourceRecord" in option for option in options) else []


def _wait_for_records(call: Call) -> None:
    if call.inputs.get("validationMethod") == "DNS":
        call.wait_for(lambda: _validation_records(call), "the validation records from ACM", seconds=60)


def _read(call: Call) -> Values:
    certificate = _describe(call, call.id)
    names = certificate.get("SubjectAlternativeNames", [])
    options = [
        {"domainName": option["DomainName"], **from_boto(option["ResourceRecord"], **_RECORD)}
        for option in certificate.get("DomainValidationOptions", [])
        if "ResourceRecord" in option
    ]
    # Status and dates are left out: they change by themselves right after creation.
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


def _validate(call: Call) -> str:
    """Refuse a validation without a record for each name, as pulumi-aws does before it waits."""
    certificate = _describe(call, call.inputs["certificateArn"])
    given = {plain_name(name) for name in call.inputs.get("validationRecordFqdns", [])}
    for option in certificate.get("DomainValidationOptions", []):
        needed = plain_name(option.get("ResourceRecord", {}).get("Name", ""))
        if given and needed not in given:
            raise OperationError(
                f"validationRecordFqdns: no record {needed}, which validates {option['DomainName']}; add it"
            )
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


EMULATION = Emulation(
    service="AWS Certificate Manager",
    types="aws:acm/",
    acts=(
        "issues once the validation records are in Route 53 and no CAA record forbids it",
        "a local authority signs, with the key algorithm that was asked for",
        "a certificate in use stays",
    ),
)

RESOURCES = (
    ResourceType(
        "aws:acm/certificate:Certificate",
        reported="domainName subjectAlternativeNames keyAlgorithm",
        unreported="validationMethod options",
        replaces="domainName subjectAlternativeNames keyAlgorithm validationMethod",
        equal={"subjectAlternativeNames": _same_names},
        tags=CERTIFICATE_TAGS,
        check=lambda inputs: [] if "domainName" in inputs else [("domainName", "is required")],
        create=_request,
        ready=_wait_for_records,
        read=_read,
        update=lambda _call: None,
        effect="is issued by the local authority once its validation records are in Route 53",
        delete=lambda call: call.aws("acm").delete_certificate(CertificateArn=call.id),
    ),
    ResourceType(
        "aws:acm/certificateValidation:CertificateValidation",
        effect="waits until the certificate is issued",
        reported="certificateArn",
        unreported="validationRecordFqdns",
        replaces=ALL,
        unordered="validationRecordFqdns",
        references={"certificateArn": references.CERTIFICATE},
        create=_validate,
        ready=_wait_until_issued,
        read=_read_validation,
        # AWS has no object for it.
        delete=lambda _call: None,
    ),
)
