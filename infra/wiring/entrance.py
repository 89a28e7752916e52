"""The way in: names, certificate, load balancer and what guards it; and the way out for mail."""

from infra.access_logs import AccessLogs, AccessLogsArgs
from infra.certificate import Certificate, CertificateArgs
from infra.email import Email, EmailArgs
from infra.firewall import Firewall
from infra.front_door import FrontDoor, FrontDoorArgs
from infra.keys import EncryptionKey
from infra.network import Network
from infra.settings import Settings
from infra.waf import WebAcl, WebAclArgs
from infra.workload import PROXY_PORT
from infra.zone import Zone, ZoneArgs


def zone(settings: Settings) -> Zone:
    """The DNS zone."""
    return Zone("zone", ZoneArgs(zone=settings.zone, create=settings.create_zone, protect=settings.protect))


def certificate(settings: Settings, zone: Zone) -> Certificate:
    """One certificate for the domain and its aliases."""
    return Certificate("certificate", CertificateArgs(hosts=settings.hosts, zone_id=zone.zone_id))


def access_logs(settings: Settings) -> AccessLogs:
    """Where the load balancer writes who came."""
    args = AccessLogsArgs(retention_days=settings.log_days, protect=settings.protect)
    return AccessLogs("access-logs", args)


def front_door(
    settings: Settings,
    network: Network,
    firewall: Firewall,
    zone: Zone,
    certificate: Certificate,
    access_logs: AccessLogs,
) -> FrontDoor:
    """The load balancer and the names that lead to it."""
    args = FrontDoorArgs(
        vpc_id=network.vpc_id,
        subnet_ids=network.public_subnet_ids,
        security_group_id=firewall.load_balancer_group_id,
        certificate_arn=certificate.certificate_arn,
        zone_id=zone.zone_id,
        hosts=settings.hosts,
        target_port=PROXY_PORT,
        access_log_bucket=access_logs.bucket_name,
        protect=settings.protect,
    )
    return FrontDoor("front", args)


def web_acl(settings: Settings, key: EncryptionKey, front: FrontDoor) -> WebAcl | None:
    """AWS WAF, when the settings ask for it."""
    if not settings.waf:
        return None
    args = WebAclArgs(load_balancer_arn=front.load_balancer_arn, key_arn=key.key_arn, retention_days=settings.log_days)
    return WebAcl("waf", args)


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
