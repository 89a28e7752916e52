"""What the public DNS would answer, by moto's Route 53."""

from typing import Any


def challenge_texts(route53: Any, host: str) -> set[str]:
    """Values of the TXT records `_acme-challenge.<host>` in the zone that holds the host. Hold the lock."""
    wanted = f"_acme-challenge.{host}"
    zones = [zone for zone in route53.zones.values() if not zone.private_zone and _inside(host, _bare(zone.name))]
    if not zones:
        return set()
    # The public DNS asks the zone with the longest name.
    zone = max(zones, key=lambda one: len(_bare(one.name)))
    return {
        value.strip('"')
        for record in zone.rrsets
        if record.type == "TXT" and _bare(record.name) == wanted
        for value in record.records
    }


def _inside(host: str, zone: str) -> bool:
    return host == zone or host.endswith(f".{zone}")


def _bare(name: str) -> str:
    return name.lower().removesuffix(".")
