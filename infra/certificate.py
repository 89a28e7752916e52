"""The site's certificate, proven by DNS records that stay, so that AWS renews it by itself."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

ISSUED_WITHIN = "15m"
"""ACM takes minutes once the zone answers; one that is not delegated never does, and should not hold a deploy."""


@dataclass(frozen=True, kw_only=True)
class CertificateArgs:
    """The names on the certificate, and the zone that proves them."""

    hosts: tuple[str, ...]
    """The domain first, then its aliases."""
    zone_id: pulumi.Input[str]


class Certificate(pulumi.ComponentResource):
    """A certificate for every host, issued before anything that uses it."""

    certificate_arn: pulumi.Output[str]
    """Known only once the certificate is issued."""

    def __init__(self, name: str, args: CertificateArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("preqly:infra:Certificate", name, None, opts)
        self._child = pulumi.ResourceOptions(parent=self)
        certificate = aws.acm.Certificate(
            f"{name}-site",
            domain_name=args.hosts[0],
            subject_alternative_names=list(args.hosts[1:]) or None,
            validation_method="DNS",
            opts=self._child,
        )
        records = [self._proof(f"{name}-{host}", certificate, host, args.zone_id) for host in args.hosts]
        issued = aws.acm.CertificateValidation(
            f"{name}-issued",
            certificate_arn=certificate.arn,
            validation_record_fqdns=[record.fqdn for record in records],
            opts=pulumi.ResourceOptions(parent=self, custom_timeouts=pulumi.CustomTimeouts(create=ISSUED_WITHIN)),
        )
        self.certificate_arn = issued.certificate_arn
        self.register_outputs({"certificate_arn": self.certificate_arn})

    def _proof(
        self, name: str, certificate: aws.acm.Certificate, host: str, zone_id: pulumi.Input[str]
    ) -> aws.route53.Record:
        option = certificate.domain_validation_options.apply(
            lambda options: next(option for option in options if option.domain_name == host)
        )
        return aws.route53.Record(
            name,
            zone_id=zone_id,
            name=option.resource_record_name,
            type=option.resource_record_type,
            records=[option.resource_record_value],
            ttl=60,
            # ACM asks one account for the same record for every certificate of a name: an older one may be there.
            allow_overwrite=True,
            opts=self._child,
        )
