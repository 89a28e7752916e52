"""How the machine is: which release it serves, whether its site answers, and what its containers do."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import boto3
from rich.console import ConsoleRenderable
from rich.markup import escape

from infra.machine import status
from infra.machine.instances import Instance, instances
from infra.machine.remote import Remote
from infra.machine.status import Status
from infra.release.errors import ReleaseError
from infra.release.record import Release
from ops import health
from ops.host import History
from ops.show import coloured, table


@dataclass(frozen=True, kw_only=True)
class MachineStatus:
    """`HostStatus` of an auto scaling group of one."""

    release: Release
    """The last one on record."""
    group: str
    instances: Sequence[Instance]
    machine: Status | None
    """What the instance in service says; None when it cannot be asked."""
    silence: str
    """Why it cannot."""
    serves: str
    """What is called what serves: `release 5`, or a key that is not on record."""
    starts_with: str
    """Key of the release that a new machine would start with."""
    older_secret: bool
    """Whether the secret has a newer version than the one in use."""

    @classmethod
    def read(cls, session: boto3.Session, history: History) -> "MachineStatus":
        """Ask Auto Scaling and the machine. Raises ReleaseError when there is no group."""
        release = history[-1]
        machine, silence = _asked(session, release)
        ssm: Any = session.client("ssm")
        return cls(
            release=release,
            group=release.cluster,
            instances=instances(session, release.cluster),
            machine=machine,
            silence=silence,
            serves=_called(history, machine.release) if machine else "-",
            starts_with=str(ssm.get_parameter(Name=release.parameter)["Parameter"]["Value"]),
            older_secret=release.secret_version not in ("", health.current_secret_version(session, release.secret_arn)),
        )

    @property
    def in_progress(self) -> bool:
        """Whether the machine is at work."""
        return bool(self.machine and self.machine.at_work)

    def attention(self) -> Iterator[str]:
        """A machine that is silent or has no address, another release than the one on record, what does not answer."""
        if not any(one.has_address for one in self.instances):
            yield "No machine has the Elastic IP: the site does not answer. One that boots takes it as its last step."
        if self.machine is None:
            yield f"The machine cannot be asked: {self.silence}"
            return
        if self.machine.boot:
            yield f"The site has not come up, tried {self.machine.boot['tries']} times: {self.machine.boot['why']}"
        elif self.machine.problem:
            yield f"The site does not answer on the machine: {self.machine.problem}"
        if not self.machine.at_work:
            yield from self._unsettled(self.machine)

    def tables(self) -> Iterator[ConsoleRenderable]:
        """Instances, then containers."""
        yield self._instances()
        if self.machine:
            yield _containers(self.machine)

    def for_scripts(self) -> Mapping[str, Any]:
        """All of it but the release."""
        return {name: value for name, value in asdict(self).items() if name != "release"}

    def _unsettled(self, machine: Status) -> Iterator[str]:
        key, number = self.release.task_definition, self.release.number
        if machine.release != key:
            yield (
                f"The machine serves {self.serves}, and the last release on record is {number}: a `pulumi up` or a "
                "rollback did not end. Run it again."
            )
        elif self.starts_with != key:
            yield (
                f"A new machine would start with {self.starts_with}, and the last release on record, {number}, is "
                f"{key}: a `pulumi up` or a rollback did not end. Run it again."
            )
        if self.older_secret:
            yield "The machine holds an older version of the secret; `pulumi up` brings the current one."
        yield from (f"Container {one} is stale; `pulumi up` removes it." for one in machine.stale)

    def _instances(self) -> ConsoleRenderable:
        rows = (
            (
                one.id,
                coloured("InService" if one.in_service else "unhealthy"),
                "yes" if one.has_address else "-",
                "earlier" if one.outdated else "present",
                escape(self.serves) if one.has_address else "-",
                escape(self.machine.at_work) if self.machine and one.has_address else "",
            )
            for one in self.instances
        )
        title = f"Auto scaling group {self.group}"
        return table(title, ("instance", "status", "address", "template", "serves", "at work"), rows)


def _containers(machine: Status) -> ConsoleRenderable:
    rows = (
        (project, container, coloured(state), "[yellow]stale[/]" if one in machine.stale else "")
        for one in machine.containers
        for project, container, state in [one.split(" ", 2)]
    )
    return table("Containers", ("slot", "container", "state", ""), rows)


def _asked(session: boto3.Session, release: Release) -> tuple[Status | None, str]:
    try:
        return status.read(session, Remote(group=release.cluster, document=release.service)), ""
    except ReleaseError as error:
        return None, str(error)


def _called(history: History, key: str | None) -> str:
    release = next((one for one in reversed(history) if one.task_definition == key), None)
    return f"release {release.number}" if release else key or "nothing"
