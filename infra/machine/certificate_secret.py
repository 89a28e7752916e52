"""The secret that keeps the machine's certificate: the stack's own, which the machine fills, or the team's."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.machine.certificate_source import CertificateSource


@dataclass(frozen=True, kw_only=True)
class CertificateSecretArgs:
    """Who guards the secret."""

    key_arn: pulumi.Input[str]
    protect: bool
    """True lets AWS keep a deleted secret for 30 days; False deletes it at once."""


class CertificateSecret(pulumi.ComponentResource):
    """An empty secret: certificate, key and ACME account are the machine's to write, and survive each machine.

    Pulumi may delete it even with `protect`, or `hosting` could not leave the machine: a certificate can be had again.
    """

    secret_arn: pulumi.Output[str]

    def __init__(self, name: str, args: CertificateSecretArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("preqly:infra:CertificateSecret", name, None, opts)
        secret = aws.secretsmanager.Secret(
            f"{name}-pair",
            description="The site's certificate, its key and the ACME account that renews it; written by the machine",
            kms_key_id=args.key_arn,
            recovery_window_in_days=30 if args.protect else 0,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.secret_arn = secret.arn
        self.register_outputs({"secret_arn": self.secret_arn})


def find_own(name_or_arn: str, hosts: tuple[str, ...], zone_id: pulumi.Input[str]) -> CertificateSource:
    """A team's own secret, looked up also in previews: they fail when it does not exist. Its value is not read."""
    if name_or_arn.startswith("arn:"):
        found = aws.secretsmanager.get_secret_output(arn=name_or_arn)
    else:
        found = aws.secretsmanager.get_secret_output(name=name_or_arn)
    key_arn = found.kms_key_id.apply(lambda key: _key_arn(key) if key else "")
    return CertificateSource(secret_arn=found.arn, key_arn=key_arn, hosts=hosts, zone_id=zone_id, acme_server="")


def _key_arn(key: str) -> pulumi.Output[str]:
    # Secrets Manager tells the key's id or its alias, whichever the secret was made with.
    arn: pulumi.Output[str] = aws.kms.get_key_output(key_id=key).arn
    return arn
