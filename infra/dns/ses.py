"""Amazon SES: the identity that the site sends mail with, its DNS records and its bounce notifications."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra import naming
from infra.dns.existing_identity import AdoptedIdentity
from infra.policies import SesSender

DKIM_KEYS = 3
"""Keys that SES creates for a domain (Easy DKIM); each needs a record."""
TTL_SECONDS = 600
MAIL_FROM = "bounce"
"""Label of the MAIL FROM domain below the sender's."""


@dataclass(frozen=True, kw_only=True)
class SesIdentityArgs:
    """Arguments of the SES identity."""

    sender: str
    """The From address of all mail; its domain is inside the zone."""
    zone_id: pulumi.Input[str]
    region: str
    dmarc_record: bool
    """False where the sender's domain may have a DMARC policy already: a domain takes only one."""
    retain_records: bool
    """Leave the DMARC policy, which other mail of the domain may rely on, when the stack is destroyed."""
    dmarc_values: tuple[str, ...] = ()
    """Values of the policy that were changed by hand; empty for the stack's."""
    adopted: AdoptedIdentity | None = None
    """An identity that exists, to be used as it is."""

    @property
    def domain(self) -> str:
        """Domain of the sender."""
        return domain_of(self.sender)


def domain_of(sender: str) -> str:
    """Domain of an e-mail address."""
    return sender.rpartition("@")[2]


def mail_records(domain: str, region: str) -> dict[tuple[str, str], str]:
    """Values of the records beside DKIM that receivers of the domain's mail read, by name and type."""
    bounce = f"{MAIL_FROM}.{domain}"
    return {
        (bounce, "MX"): f"10 feedback-smtp.{region}.amazonses.com",
        (bounce, "TXT"): "v=spf1 include:amazonses.com -all",
        (f"_dmarc.{domain}", "TXT"): "v=DMARC1; p=quarantine",
    }


class SesIdentity(pulumi.ComponentResource):
    """A verified domain with DKIM, SPF through a MAIL FROM domain and DMARC; SES delivers over TLS only.

    Of an adopted identity it makes sure that the DKIM records exist, and leaves all else to its owner.
    """

    ses_sender: pulumi.Output[SesSender]
    """For the task role's policy."""
    configuration_set: pulumi.Output[str] | None
    """None for an adopted identity without a default set."""

    def __init__(self, name: str, args: SesIdentityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("preqly:infra:Email", name, None, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        self._records = mail_records(args.domain, args.region)
        if args.adopted is None:
            identity_arn, set_arn = self._create()
        else:
            identity_arn, set_arn = self._adopt(args.adopted)
        if args.dmarc_record:
            self._record("dmarc", f"_dmarc.{args.domain}", "TXT", *args.dmarc_values, stays=args.retain_records)
        self.ses_sender = pulumi.Output.all(identity_arn, set_arn).apply(
            lambda arns: SesSender(identity_arn=arns[0], configuration_set_arn=arns[1], sender=args.sender)
        )
        self.register_outputs({"sender": args.sender, "configuration_set": self.configuration_set})

    def _create(self) -> tuple[pulumi.Output[str], pulumi.Output[str | None]]:
        configuration_set = self._configuration_set()
        identity = aws.sesv2.EmailIdentity(
            f"{self._name}-domain",
            email_identity=self._args.domain,
            # The default set of the identity: Django names none.
            configuration_set_name=configuration_set.configuration_set_name,
            dkim_signing_attributes={"next_signing_key_length": "RSA_2048_BIT"},
            opts=self._child,
        )
        # In a preview the list of tokens is empty rather than unknown; the unknown ARN keeps it from being indexed.
        known = pulumi.Output.all(arn=identity.arn, tokens=identity.dkim_signing_attributes.tokens)
        tokens: pulumi.Output[list[str]] = known.apply(lambda found: found["tokens"])
        self._dkim([tokens[index] for index in range(DKIM_KEYS)], stays=False)
        self._mail_from(identity)
        self.configuration_set = configuration_set.configuration_set_name
        return identity.arn, configuration_set.arn

    def _adopt(self, adopted: AdoptedIdentity) -> tuple[pulumi.Output[str], pulumi.Output[str | None]]:
        invoke = pulumi.InvokeOutputOptions(parent=self)
        found = aws.sesv2.get_email_identity_output(email_identity=self._args.domain, opts=invoke)
        self._dkim(adopted.dkim_tokens, stays=True)
        if not adopted.configuration_set:
            self.configuration_set = None
            return found.arn, pulumi.Output.from_input(None)
        self.configuration_set = pulumi.Output.from_input(adopted.configuration_set)
        return found.arn, found.arn.apply(
            lambda arn: f"{arn.partition(':identity/')[0]}:configuration-set/{adopted.configuration_set}"
        )

    def _configuration_set(self) -> aws.sesv2.ConfigurationSet:
        return aws.sesv2.ConfigurationSet(
            f"{self._name}-rules",
            configuration_set_name=naming.configuration_set(pulumi.get_project(), pulumi.get_stack()),
            delivery_options={"tls_policy": "REQUIRE"},
            reputation_options={"reputation_metrics_enabled": True},
            # Mail to addresses that bounce or complain costs the account its reputation.
            suppression_options={"suppressed_reasons": ["BOUNCE", "COMPLAINT"]},
            opts=self._child,
        )

    def _dkim(self, tokens: Sequence[pulumi.Input[str]], *, stays: bool) -> None:
        for index, token in enumerate(tokens, start=1):
            name = pulumi.Output.concat(token, f"._domainkey.{self._args.domain}")
            value = pulumi.Output.concat(token, ".dkim.amazonses.com")
            self._record(f"dkim-{index}", name, "CNAME", value, stays=stays)

    def _mail_from(self, identity: aws.sesv2.EmailIdentity) -> None:
        """Set a MAIL FROM domain below the sender's, so that SPF is checked against it rather than amazonses.com."""
        domain = f"{MAIL_FROM}.{self._args.domain}"
        aws.sesv2.EmailIdentityMailFromAttributes(
            f"{self._name}-mail-from",
            email_identity=identity.email_identity,
            mail_from_domain=domain,
            # Mail sent before the MX record is visible is still authenticated by DKIM.
            behavior_on_mx_failure="USE_DEFAULT_VALUE",
            opts=self._child,
        )
        self._record("mx", domain, "MX", stays=False)
        self._record("spf", domain, "TXT", stays=False)

    def _record(self, role: str, name: pulumi.Input[str], kind: str, *values: pulumi.Input[str], stays: bool) -> None:
        aws.route53.Record(
            f"{self._name}-{role}",
            zone_id=self._args.zone_id,
            name=name,
            type=kind,
            ttl=TTL_SECONDS,
            records=list(values) or [self._records[str(name), kind]],
            # infra/dns/existing.py has refused other values, so what exists is the same record.
            allow_overwrite=True,
            opts=pulumi.ResourceOptions(parent=self, retain_on_delete=stays),
        )


class SesNotifications(pulumi.ComponentResource):
    """Publishes bounces, complaints and rejected mail to the alarm topic."""

    def __init__(
        self,
        name: str,
        configuration_set: pulumi.Input[str],
        topic_arn: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("preqly:infra:EmailEvents", name, None, opts)
        events = aws.sesv2.ConfigurationSetEventDestination(
            f"{name}-topic",
            configuration_set_name=configuration_set,
            # An adopted configuration set may have destinations of other names already.
            event_destination_name=naming.configuration_set(pulumi.get_project(), pulumi.get_stack()),
            event_destination={
                "enabled": True,
                "matching_event_types": ["BOUNCE", "COMPLAINT", "REJECT"],
                "sns_destination": {"topic_arn": topic_arn},
            },
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"event_destination": events.id})
