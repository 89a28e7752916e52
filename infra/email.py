"""The site's own mail: Amazon SES sends for one domain, and receivers can check that it may."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.policies import Mail

DKIM_KEYS = 3
"""Keys that SES makes for a domain (Easy DKIM); each gets a record."""
TTL_SECONDS = 600


@dataclass(frozen=True, kw_only=True)
class EmailArgs:
    """Who sends, and where the names are."""

    sender: str
    """The only address mail comes from; its domain is inside the zone."""
    zone_id: pulumi.Input[str]
    region: str
    decides_dmarc: bool
    """Whether the sender's domain is the stack's own: the zone of others may have a policy, and takes one only."""

    @property
    def domain(self) -> str:
        """What SES is to send for."""
        return self.sender.rpartition("@")[2]


class Email(pulumi.ComponentResource):
    """A verified domain with DKIM, SPF through a MAIL FROM domain, and a policy for forged mail; TLS on the way out."""

    mail: pulumi.Output[Mail]
    """What the tasks are allowed to send."""
    configuration_set: pulumi.Output[str]

    def __init__(self, name: str, args: EmailArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("preqly:infra:Email", name, None, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        rules = self._rules()
        identity = aws.sesv2.EmailIdentity(
            f"{name}-domain",
            email_identity=args.domain,
            # Whoever names no set, as Django does, sends by the rules of this one.
            configuration_set_name=rules.configuration_set_name,
            dkim_signing_attributes={"next_signing_key_length": "RSA_2048_BIT"},
            opts=self._child,
        )
        self._dkim(identity)
        self._mail_from(identity)
        if args.decides_dmarc:
            # Both checks pass for the site's own mail, so what fails them is forged.
            self._record("dmarc", f"_dmarc.{args.domain}", "TXT", "v=DMARC1; p=quarantine")
        self.mail = pulumi.Output.all(identity.arn, rules.arn).apply(
            lambda arns: Mail(identity_arn=arns[0], configuration_set_arn=arns[1], sender=args.sender)
        )
        self.configuration_set = rules.configuration_set_name
        self.register_outputs({"configuration_set": self.configuration_set})

    def _rules(self) -> aws.sesv2.ConfigurationSet:
        return aws.sesv2.ConfigurationSet(
            f"{self._name}-rules",
            configuration_set_name=f"{pulumi.get_project()}-{pulumi.get_stack()}".replace(".", "-"),
            delivery_options={"tls_policy": "REQUIRE"},
            reputation_options={"reputation_metrics_enabled": True},
            # Writing again to an address that does not exist, or complained, costs the account its reputation.
            suppression_options={"suppressed_reasons": ["BOUNCE", "COMPLAINT"]},
            opts=self._child,
        )

    def _dkim(self, identity: aws.sesv2.EmailIdentity) -> None:
        # The ARN is there once SES has drawn the tokens: a plan knows neither, and asks for no token of nothing.
        drawn = pulumi.Output.all(arn=identity.arn, tokens=identity.dkim_signing_attributes.tokens)
        tokens: pulumi.Output[list[str]] = drawn.apply(lambda known: known["tokens"])
        for index in range(DKIM_KEYS):
            self._record(
                f"dkim-{index + 1}",
                pulumi.Output.concat(tokens[index], f"._domainkey.{self._args.domain}"),
                "CNAME",
                pulumi.Output.concat(tokens[index], ".dkim.amazonses.com"),
            )

    def _mail_from(self, identity: aws.sesv2.EmailIdentity) -> None:
        """Bounces go to a name below the sender's, so that SPF is checked against a domain of ours, not Amazon's."""
        domain = f"bounce.{self._args.domain}"
        aws.sesv2.EmailIdentityMailFromAttributes(
            f"{self._name}-mail-from",
            email_identity=identity.email_identity,
            mail_from_domain=domain,
            # DKIM alone still proves the mail while the MX record is not seen yet.
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


class EmailEvents(pulumi.ComponentResource):
    """Tells the alarms' topic of each mail that came back or was called spam."""

    def __init__(
        self, name: str, email: Email, topic_arn: pulumi.Input[str], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("preqly:infra:EmailEvents", name, None, opts)
        events = aws.sesv2.ConfigurationSetEventDestination(
            f"{name}-topic",
            configuration_set_name=email.configuration_set,
            event_destination_name="alarms",
            event_destination={
                "enabled": True,
                "matching_event_types": ["BOUNCE", "COMPLAINT", "REJECT"],
                "sns_destination": {"topic_arn": topic_arn},
            },
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"event_destination": events.id})
