"""Where the machine's certificate comes from."""

from dataclasses import dataclass

import pulumi


@dataclass(frozen=True, kw_only=True)
class CertificateSource:
    """A secret with `cert.pem` and `key.pem`, and who renews it."""

    secret_arn: pulumi.Input[str]
    key_arn: pulumi.Input[str] | None = None
    """The KMS key of a team's own secret; None or empty when it is the stack's key or AWS's own."""
    hosts: tuple[str, ...]
    """Every name the certificate has to cover."""
    zone_id: pulumi.Input[str]
    """Of the zone that proves the names to the ACME server."""
    acme_server: str
    """URL of the ACME server's directory; empty for a team's own certificate, which nobody but the team renews."""
