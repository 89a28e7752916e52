"""Which hosting a release names: the one place that knows both kinds."""

from typing import NamedTuple

import boto3

from infra.release.record import Release
from ops import fargate_status, machine_status
from ops.errors import OpsError
from ops.fargate import FargateHost
from ops.host import History, Host, HostStatus
from ops.machine import MachineHost


class _Kind(NamedTuple):
    host: type[FargateHost] | type[MachineHost]
    status: type[fargate_status.FargateStatus] | type[machine_status.MachineStatus]


KINDS = {
    "fargate": _Kind(FargateHost, fargate_status.FargateStatus),
    "vm": _Kind(MachineHost, machine_status.MachineStatus),
}


def host_of(session: boto3.Session, latest: Release) -> Host:
    """The hosting of the last release on record. Raises OpsError when it is gone."""
    return _kind(latest).host(session, latest)


def status_of(session: boto3.Session, history: History) -> HostStatus:
    """How it is. Raises OpsError when it is gone."""
    return _kind(history[-1]).status.read(session, history)


def _kind(release: Release) -> _Kind:
    if release.hosting not in KINDS:
        raise OpsError(
            f"Release {release.number} is on record with hosting {release.hosting}, which this version of the command "
            "line does not know. Check out the sources that deployed it."
        )
    return KINDS[release.hosting]
