"""What every kind of hosting gives: the release that serves, where names lead, what is watched, what people paste."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import pulumi

from infra.alarm_rules import Alarm
from infra.commands import Commands
from infra.dashboard import Graphs
from infra.firewall import Firewall
from infra.keys import EncryptionKey
from infra.logs import Logs
from infra.network import Network
from infra.registry import Registry
from infra.release.record import Release
from infra.release.shipped import Shipped
from infra.site_names import Target
from infra.zone import Zone


class Ground(NamedTuple):
    """What either kind stands on."""

    key: EncryptionKey
    logs: Logs
    network: Network
    firewall: Firewall
    zone: Zone


class Ships(NamedTuple):
    """What is to run, where it comes from, where that is put on record, and what is there already."""

    registry: Registry
    release: pulumi.Output[Shipped]
    record: pulumi.Output[str]
    """Name of the parameter with the record of releases."""
    latest: pulumi.Output[Release | None]


@dataclass(frozen=True, kw_only=True)
class Hosted:
    """A site that serves, whatever it runs on."""

    release: pulumi.Output[Release]
    """On record; in a preview what will be."""
    leads_to: pulumi.Output[Target]
    """Known once the site serves there."""
    alarms: Sequence[Alarm]
    graphs: Graphs
    commands: pulumi.Output[Commands]
    outputs: Mapping[str, pulumi.Output[str]] = field(default_factory=dict)
    """Of the stack's outputs those that only this kind has."""
