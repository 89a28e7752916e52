"""The way in: the zone and the site's names in it; and the way out for mail."""

from infra.email import Email, EmailArgs
from infra.settings import Settings
from infra.site_names import SiteNames, SiteNamesArgs
from infra.wiring.hosted import Hosted
from infra.zone import Zone, ZoneArgs


def zone(settings: Settings) -> Zone:
    """The DNS zone."""
    return Zone("zone", ZoneArgs(zone=settings.zone, create=settings.create_zone, protect=settings.protect))


def email(settings: Settings, zone: Zone) -> Email | None:
    """Amazon SES for the sender's domain, when the settings send through it."""
    if not settings.sends_with_ses:
        return None
    args = EmailArgs(
        sender=settings.sender,
        zone_id=zone.zone_id,
        region=settings.region,
        decides_dmarc=settings.create_zone or not settings.sender.endswith(f"@{settings.zone}"),
    )
    return Email("email", args)


def names(settings: Settings, zone: Zone, hosted: Hosted) -> SiteNames:
    """The domain and its aliases, once what they lead to serves."""
    args = SiteNamesArgs(
        hosts=settings.hosts,
        zone_id=zone.zone_id,
        leads_to=hosted.leads_to,
        is_alias=settings.hosting == "fargate",
    )
    return SiteNames("names", args)
