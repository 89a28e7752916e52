"""ACM: a certificate is issued when its validation records exist in Route 53."""

from datetime import UTC, datetime
from typing import Any

from moto.acm.models import AWSCertificateManagerBackend, CertBundle
from moto.core.utils import utcnow
from moto.route53.models import route53_backends

from embedded_cloud.api.moto_patches.replace import Method, replace_method, wrap_method


def apply() -> None:
    wrap_method(AWSCertificateManagerBackend, "request_certificate", _request_certificate)
    wrap_method(AWSCertificateManagerBackend, "delete_certificate", _delete_certificate)
    replace_method(CertBundle, "check", lambda _: _check)
    wrap_method(CertBundle, "describe", _describe)


def _request_certificate(
    original: Method, self: AWSCertificateManagerBackend, domain_name: str, *rest: Any, **named: Any
) -> str:
    arn: str = original(self, domain_name, *rest, **named)
    names = named.get("subject_alt_names") or (rest[1] if len(rest) > 1 else None) or []
    vars(self._certificates[arn]).setdefault("requested_names", list(dict.fromkeys([domain_name, *names])))
    return arn


def _delete_certificate(original: Method, self: AWSCertificateManagerBackend, arn: str) -> None:
    original(self, arn)
    # moto answers the same request with the deleted certificate.
    tokens = self._idempotency_tokens
    for token in [token for token, known in tokens.items() if known["arn"] == arn]:
        del tokens[token]


def _check(self: CertBundle) -> None:
    if self._not_valid_after(self._cert) <= utcnow():
        self.status = "EXPIRED"
    elif self.status == "PENDING_VALIDATION" and _is_validated(self):
        self.status = "ISSUED"
        self.issued_at = datetime.now(UTC)


def _is_validated(certificate: CertBundle) -> bool:
    account = certificate.arn.split(":")[4]
    zones = list(route53_backends[account]["aws"].zones.values())
    published = {
        (record.name.rstrip("."), value.rstrip("."))
        for zone in zones
        if not zone.private_zone
        for record in zone.rrsets
        if record.type == "CNAME"
        for value in record.records
    }
    wanted = (option["ResourceRecord"] for option in certificate.describe()["Certificate"]["DomainValidationOptions"])
    return all((record["Name"].rstrip("."), record["Value"].rstrip(".")) in published for record in wanted)


def _describe(original: Method, self: CertBundle) -> dict[str, Any]:
    result: dict[str, Any] = original(self)
    certificate = result["Certificate"]
    # moto iterates over a set; AWS keeps the order of the request.
    order = {name: position for position, name in enumerate(vars(self).get("requested_names", ()))}
    certificate["SubjectAlternativeNames"].sort(key=lambda name: order.get(name, len(order)))
    certificate.get("DomainValidationOptions", []).sort(key=lambda option: order.get(option["DomainName"], len(order)))
    certificate.pop("IssuedAt", None)
    if self.status == "ISSUED" and "issued_at" in vars(self):
        certificate["IssuedAt"] = self.issued_at.timestamp()
    return result
