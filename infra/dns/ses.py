"""Amazon SES: the identity that the site sends mail with, its DNS records and its bounce notifications."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.policies import SesSender

DKIM_KEYS = 3
"""Keys that SES creates for a domain (Easy DKIM); each needs a record."""
TTL_SECONDS = 600


@dataclass(frozen=True, kw_only=True)
class SesIdentityArgs:
    """Arguments of the SES identity."""

    sender: str
    """The From address of all mail; its domain is inside the zone."""
    zone_id: pulumi.Input[str]
    region: str
    dmarc_record: bool
    """False where the sender's domain may have a DMARC policy already: a domain takes only one."""

    @property
    def domain(self) -> str:
        """Domain of the sender."""
        return self.sender.rpartition("@")[2]


class SesIdentity(pulumi.ComponentResource):
    """A verified domain with DKIM, SPF through a MAIL FROM domain and DMARC; SES delivers over TLS only."""

    ses_sender: pulumi.Output[SesSender]
    """For the task role's policy."""
    configuration_set: pulumi.Output[str]

    def __init__(self, name: str, args: SesIdentityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("preqly:infra:Email", name, None, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        configuration_set = self._configuration_set()
        identity = aws.sesv2.EmailIdentity(
            f"{name}-domain",
            email_identity=args.domain,
            # The default set of the identity: Django names none.
            configuration_set_name=configuration_set.configuration_set_name,
            dkim_signing_attributes={"next_signing_key_length": "RSA_2048_BIT"},
            opts=self._child,
        )
        self._dkim(identity)
        self._mail_from(identity)
        if args.dmarc_record:
            self._record("dmarc", f"_dmarc.{args.domain}", "TXT", "v=DMARC1; p=quarantine")
        self.ses_sender = pulumi.Output.all(identity.arn, configuration_set.arn).apply(
            lambda arns: SesSender(identity_arn=arns[0], configuration_set_arn=arns[1], sender=args.sender)
        )
        self.configuration_set = configuration_set.configuration_set_name
        self.register_outputs({"configuration_set": self.configuration_set})

    def _configuration_set(self) -> aws.sesv2.ConfigurationSet:
        return aws.sesv2.ConfigurationSet(
            f"{self._name}-rules",
            configuration_set_name=f"{pulumi.get_project()}-{pulumi.get_stack()}".replace(".", "-"),
            delivery_options={"tls_policy": "REQUIRE"},
            reputation_options={"reputation_metrics_enabled": True},
            # Mail to addresses that bounce or complain costs the account its reputation.
            suppression_options={"suppressed_reasons": ["BOUNCE", "COMPLAINT"]},
            opts=self._child,
        )

    def _dkim(self, identity: aws.sesv2.EmailIdentity) -> None:
        # In a preview the list of tokens is empty rather than unknown; the unknown ARN keeps it from being indexed.
        known = pulumi.Output.all(arn=identity.arn, tokens=identity.dkim_signing_attributes.tokens)
        tokens: pulumi.Output[list[str]] = known.apply(lambda found: found["tokens"])
        for index in range(DKIM_KEYS):
            self._record(
                f"dkim-{index + 1}",
                pulumi.Output.concat(tokens[index], f"._domainkey.{self._args.domain}"),
                "CNAME",
                pulumi.Output.concat(tokens[index], ".dkim.amazonses.com"),
            )

    def _mail_from(self, identity: aws.sesv2.EmailIdentity) -> None:
        """Set a MAIL FROM domain below the sender's, so that SPF is checked against it rather than amazonses.com."""
        domain = f"bounce.{self._args.domain}"
        aws.sesv2.EmailIdentityMailFromAttributes(
            f"{self._name}-mail-from",
            email_identity=identity.email_identity,
            mail_from_domain=domain,
            # Mail sent before the MX record is visible is still authenticated by DKIM.
            behavior_on_mx_failure="USE_DEFAULT_VALUE",
            opts=self._child,
        )
        self._record("mx", domain, "MX", f"10 feedback-smtp.{self._args.region}.amazonses.com")
        self._record("spf", domain, "TXT", "v=spf1 include:amazonses.com -all")

    def _record(self, role: str, name: pulumi.Input[str], kind: str, value: pulumi.Input[str]) -> None:
        aws.route53.Record(
            f"{self._name}-{role}",
            zone_id=self._args.zone_id,
            name=name,
            type=kind,
            ttl=TTL_SECONDS,
            records=[value],
            opts=self._child,
        )


class SesNotifications(pulumi.ComponentResource):
    """Publishes bounces, complaints and rejected mail to the alarm topic."""

    def __init__(
        self, name: str, identity: SesIdentity, topic_arn: pulumi.Input[str], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("preqly:infra:EmailEvents", name, None, opts)
        events = aws.sesv2.ConfigurationSetEventDestination(
            f"{name}-topic",
            configuration_set_name=identity.configuration_set,
            event_destination_name="alarms",
            event_destination={
                "enabled": True,
                "matching_event_types": ["BOUNCE", "COMPLAINT", "REJECT"],
                "sns_destination": {"topic_arn": topic_arn},
            },
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"event_destination": events.id})
