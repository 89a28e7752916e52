"""What the account has before anything is deployed."""

from moto.route53.models import route53_backends

from local.cloud.config import ACCOUNT_ID, CloudConfig


def apply(config: CloudConfig) -> None:
    """Fill an empty account: its public hosted zones, with the NS and SOA records that AWS gives them."""
    route53 = route53_backends[ACCOUNT_ID]["aws"]
    for name in config.dns_zones:
        route53.create_hosted_zone(
            name=f"{name}.", private_zone=False, caller_reference=f"registered-{name}", comment="bought with the domain"
        )
