"""The hosted zone and what needs records in it: the certificate, Amazon SES and the site's names."""

import pulumi

from infra import naming
from infra.composition.service import Service
from infra.dns import existing_records
from infra.dns.certificate import Certificate, CertificateArgs
from infra.dns.existing import Existing, look_up
from infra.dns.records import DnsRecords, DnsRecordsArgs, NameHook
from infra.dns.ses import SesIdentity, SesIdentityArgs, domain_of, mail_records
from infra.dns.wanted import Wanted
from infra.dns.zone import Zone, ZoneArgs
from infra.provider.identity import stack_session
from infra.settings import mail_rules
from infra.settings.settings import Settings


def look_up_existing(settings: Settings) -> Existing:
    """Ask AWS what exists of what the stack is to make. Raises SettingsError, before any resource is declared."""
    existing = look_up(stack_session()(), _wanted(settings))
    if pulumi.runtime.is_dry_run():
        for note in existing.notes:
            pulumi.log.info(note)
    return existing


def declare_zone(settings: Settings, existing: Existing) -> Zone:
    """Declare the hosted zone, or use the one that exists."""
    existing_id = None if settings.create_zone else existing.zone_id or ""
    return Zone("zone", ZoneArgs(zone=settings.zone, existing_id=existing_id, protect=settings.protect))


def declare_certificate(settings: Settings, zone: Zone, existing: Existing) -> Certificate:
    """Declare the TLS certificate of all names of the site, or use the one that `certificateArn` names."""
    args = CertificateArgs(
        hosts=settings.hosts,
        zone_ids=_zone_ids(settings, zone, existing),
        # A zone with records cannot be deleted, so those in a zone of the stack are deleted with it.
        retained=frozenset(existing.other_zones if settings.create_zone else settings.hosts),
        existing_arn=settings.certificate_arn,
    )
    return Certificate("certificate", args)


def declare_email(settings: Settings, zone: Zone, existing: Existing) -> SesIdentity | None:
    """Declare the sender's identity in Amazon SES when the site sends mail through it; warn of doubtful settings."""
    for notice in mail_rules.notices(settings):
        pulumi.log.warn(notice)
    if not settings.sends_with_ses:
        return None
    may_publish = settings.create_zone or not settings.sender.endswith(f"@{settings.zone}")
    args = SesIdentityArgs(
        sender=settings.sender,
        zone_id=zone.zone_id,
        region=settings.region,
        dmarc_record=may_publish and not existing.has_dmarc_policy,
        dmarc_values=existing.dmarc_values,
        retain_records=not settings.create_zone,
        adopted=existing.identity,
    )
    return SesIdentity("email", args)


def declare_records(settings: Settings, zone: Zone, existing: Existing, service: Service) -> DnsRecords | None:
    """Declare the records of the domain and its aliases once the first release serves, unless `dnsRecords` is none."""
    if settings.dns_records == "none":
        return None
    takes_over = settings.dns_records == "takeOver"
    args = DnsRecordsArgs(
        hosts=settings.hosts,
        zone_ids=_zone_ids(settings, zone, existing),
        load_balancer_dns=service.load_balancer.load_balancer_dns,
        load_balancer_zone_id=service.load_balancer.load_balancer_zone_id,
        ready=[service.web],
        hooks=NameHook(_wanted(settings), _existing_zones(settings, existing)),
        retained=frozenset(settings.hosts) if takes_over else existing.moved_hosts,
    )
    return DnsRecords(existing_records.NAME, args)


def _zone_ids(settings: Settings, zone: Zone, existing: Existing) -> dict[str, pulumi.Input[str]]:
    return {host: existing.other_zones.get(host, zone.zone_id) for host in settings.hosts}


def _existing_zones(settings: Settings, existing: Existing) -> dict[str, str]:
    """Zone of each host but of those in a zone that the stack is going to create."""
    own = dict.fromkeys(settings.hosts, existing.zone_id) if existing.zone_id else {}
    return {**own, **existing.other_zones}


def _wanted(settings: Settings) -> Wanted:
    project, stack = pulumi.get_project(), pulumi.get_stack()
    domain = domain_of(settings.sender) if settings.sends_with_ses else ""
    return Wanted(
        project=project,
        stack=stack,
        zone=settings.zone,
        zone_id=settings.zone_id,
        create_zone=settings.create_zone,
        hosts=settings.hosts,
        dns_records=settings.dns_records,
        certificate_arn=settings.certificate_arn,
        sender_domain=domain,
        adopt_email_identity=settings.adopt_email_identity,
        mail_records=mail_records(domain, settings.region) if domain else {},
        configuration_set=naming.configuration_set(project, stack),
        replaced_records_path=naming.replaced_records_path(project, stack),
    )
