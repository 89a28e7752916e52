"""The hosted zone and what needs records in it: the certificate, Amazon SES and the site's names."""

from infra.composition.service import Service
from infra.dns.certificate import Certificate, CertificateArgs
from infra.dns.records import DnsRecords, DnsRecordsArgs
from infra.dns.ses import SesIdentity, SesIdentityArgs
from infra.dns.zone import Zone, ZoneArgs
from infra.settings.settings import Settings


def declare_zone(settings: Settings) -> Zone:
    """Declare the hosted zone, or look it up."""
    return Zone("zone", ZoneArgs(zone=settings.zone, create=settings.create_zone, protect=settings.protect))


def declare_certificate(settings: Settings, zone: Zone) -> Certificate:
    """Declare the TLS certificate of all names of the site."""
    return Certificate("certificate", CertificateArgs(hosts=settings.hosts, zone_id=zone.zone_id))


def declare_email(settings: Settings, zone: Zone) -> SesIdentity | None:
    """Declare the sender's identity in Amazon SES when the site sends mail through it."""
    if not settings.sends_with_ses:
        return None
    args = SesIdentityArgs(
        sender=settings.sender,
        zone_id=zone.zone_id,
        region=settings.region,
        dmarc_record=settings.create_zone or not settings.sender.endswith(f"@{settings.zone}"),
    )
    return SesIdentity("email", args)


def declare_records(settings: Settings, zone: Zone, service: Service) -> DnsRecords:
    """Declare the records of the domain and its aliases once the first release serves."""
    args = DnsRecordsArgs(
        hosts=settings.hosts,
        zone_id=zone.zone_id,
        load_balancer_dns=service.load_balancer.load_balancer_dns,
        load_balancer_zone_id=service.load_balancer.load_balancer_zone_id,
        ready=[service.web],
    )
    return DnsRecords("names", args)
