"""ACM: a certificate is issued when its validation records exist in Route 53 and CAA records allow Amazon."""

from datetime import UTC, datetime
from typing import Any

from moto.acm.models import AWSCertificateManagerBackend, CertBundle
from moto.acm.responses import AWSCertificateManagerResponse
from moto.core.exceptions import AWSError
from moto.core.utils import utcnow
from moto.elbv2.models import elbv2_backends

from embedded_cloud.api.moto_patches.replace import Method, replace_method, wrap_method
from embedded_cloud.api.moto_patches.route53 import public_zones, published_cnames

AMAZON = ("amazon.com", "amazontrust.com", "awstrust.com", "amazonaws.com")
"""Values of CAA records that let ACM issue (docs.aws.amazon.com/acm/latest/userguide/setup-caa.html)."""
DEFAULT_KEY_ALGORITHM = "RSA_2048"
"""ACM API reference, "RequestCertificate"."""


class ResourceInUseError(AWSError):  # type: ignore[misc] # moto is not typed
    TYPE = "ResourceInUseException"


def apply() -> None:
    wrap_method(AWSCertificateManagerBackend, "request_certificate", _request_certificate)
    wrap_method(AWSCertificateManagerResponse, "request_certificate", _keep_key_algorithm)
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


def _keep_key_algorithm(original: Method, self: AWSCertificateManagerResponse) -> Any:
    """moto makes an RSA key whatever was asked for; the agent of the load balancer makes the key that is used."""
    answer = original(self)
    certificate = self.acm_backend._certificates[answer.result["CertificateArn"]]
    vars(certificate).setdefault("key_algorithm", self._get_param("KeyAlgorithm") or DEFAULT_KEY_ALGORITHM)
    return answer


def key_algorithm(certificate: CertBundle) -> str:
    """The algorithm that the certificate was requested with."""
    return str(vars(certificate).get("key_algorithm", DEFAULT_KEY_ALGORITHM))


def _delete_certificate(original: Method, self: AWSCertificateManagerBackend, arn: str) -> None:
    if _users(arn):
        raise ResourceInUseError(f"Certificate {arn} in account {self.account_id} is in use.")
    original(self, arn)
    # moto answers the same request with the deleted certificate.
    tokens = self._idempotency_tokens
    for token in [token for token, known in tokens.items() if known["arn"] == arn]:
        del tokens[token]


def _users(arn: str) -> list[str]:
    """ARNs of the load balancers that present the certificate."""
    region, account = arn.split(":")[3:5]
    return [
        balancer_arn
        for balancer_arn, balancer in elbv2_backends[account][region].load_balancers.items()
        if any(arn in listener.certificates for listener in balancer.listeners.values())
    ]


def _check(self: CertBundle) -> None:
    if self._not_valid_after(self._cert) <= utcnow():
        self.status = "EXPIRED"
    elif self.status == "PENDING_VALIDATION" and _is_validated(self):
        self.status = "FAILED" if _is_forbidden(self) else "ISSUED"
        self.issued_at = datetime.now(UTC)


def _is_forbidden(certificate: CertBundle) -> bool:
    """Whether the CAA records closest to one of its names allow other authorities only."""
    issuers = {
        record.name.rstrip("."): [value.split(None, 2)[2].strip('"').partition(";")[0].strip() for value in values]
        for zone in public_zones(_account(certificate))
        for record in zone.rrsets
        if record.type == "CAA" and (values := [value for value in record.records if value.split()[1] == "issue"])
    }
    for name in {certificate.common_name, *certificate.sans}:
        labels = name.removeprefix("*.").split(".")
        closest = next((found for cut in range(len(labels)) if (found := issuers.get(".".join(labels[cut:])))), None)
        if closest and not set(closest) & set(AMAZON):
            return True
    return False


def _is_validated(certificate: CertBundle) -> bool:
    published = published_cnames(_account(certificate))
    wanted = (option["ResourceRecord"] for option in certificate.describe()["Certificate"]["DomainValidationOptions"])
    return all((record["Name"].rstrip("."), record["Value"].rstrip(".")) in published for record in wanted)


def _account(certificate: CertBundle) -> str:
    return str(certificate.arn.split(":")[4])


def _describe(original: Method, self: CertBundle) -> dict[str, Any]:
    result: dict[str, Any] = original(self)
    certificate = result["Certificate"]
    # moto iterates over a set; AWS keeps the order of the request.
    order = {name: position for position, name in enumerate(vars(self).get("requested_names", ()))}
    certificate["SubjectAlternativeNames"].sort(key=lambda name: order.get(name, len(order)))
    certificate.get("DomainValidationOptions", []).sort(key=lambda option: order.get(option["DomainName"], len(order)))
    certificate.pop("IssuedAt", None)
    certificate["KeyAlgorithm"] = vars(self).get("key_algorithm", certificate["KeyAlgorithm"])
    certificate["InUseBy"] = _users(self.arn)
    if self.status == "FAILED":
        certificate["FailureReason"] = "CAA_ERROR"
    if self.status == "ISSUED" and "issued_at" in vars(self):
        certificate["IssuedAt"] = self.issued_at.timestamp()
    return result
