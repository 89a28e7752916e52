"""The hook of a site's record: it announces, refuses or makes the replacement of what answers for the name."""

from typing import Any

import boto3
import pulumi

from infra.dns.existing_records import is_of_own_balancer, taken
from infra.dns.record_sets import RecordSet, describe, site_aliases
from infra.dns.replaced_records import Name, current, kept_for, take_over
from infra.dns.wanted import Wanted
from infra.release.hooks import Named, in_thread, plain_inputs, reporter_of
from infra.release.provider_identity import stack_session
from infra.settings.problem import Problem


class NameTakenError(pulumi.RunError):
    """A name leads elsewhere, and no setting says to take it over; Pulumi prints the message without a traceback."""

    def __init__(self, host: str, problem: Problem) -> None:
        super().__init__(f"The records of {host} were not touched.\n\n{problem}")


class NameHook:
    """Hooks of the records of the site's names in one zone.

    The engine runs a hook only when it is going to write the record, which it does for none that is the stack's
    already. In a preview the hook announces what the update is going to replace.
    """

    def __init__(self, wanted: Wanted, zone_id: str) -> None:
        self._wanted, self._zone_id = wanted, zone_id
        self._session = stack_session()

    def binding(self, name: str, host: str) -> pulumi.ResourceHookBinding:
        """The hooks of one host's records."""

        async def replace(args: pulumi.ResourceHookArgs) -> None:
            inputs = await plain_inputs(args.new_inputs)
            lines = await in_thread(self._replace, host, inputs.get("aliases"), pulumi.runtime.is_dry_run())
            report = reporter_of(Named(args.urn))
            for line in lines:
                report(line)

        hook = pulumi.ResourceHook(f"{name}-take-over", replace, pulumi.ResourceHookOptions(on_dry_run=True))
        return pulumi.ResourceHookBinding(before_create=[hook], before_update=[hook])

    def _replace(self, host: str, aliases: Any, preview: bool) -> list[str]:
        """Lines for the operator. Raises NameTakenError when the name leads elsewhere and is not to be taken over."""
        session = self._session()
        name = Name(zone_id=self._zone_id, host=host, path=self._wanted.replaced_records_path)
        foreign = self._foreign(session, name)
        if foreign and self._wanted.dns_records != "takeOver":
            raise NameTakenError(host, taken(self._wanted, host, foreign))
        if not preview and (foreign or kept_for(session, name)):
            take_over(session, name, foreign, site_aliases(host, _alias_target(aliases)))
        led = "; ".join(map(describe, foreign))
        if foreign and preview:
            return [f"{host}: once this stack serves, one change replaces {led} (way back: docs/move.md)"]
        return [f"{host}: replaced {led}; `python -m ops dns back` leads the name there again"] if foreign else []

    def _foreign(self, session: boto3.Session, name: Name) -> list[RecordSet]:
        return [one for one in current(session, name) if not is_of_own_balancer(session, self._wanted, one)]


def _alias_target(aliases: Any) -> dict[str, Any]:
    (alias,) = aliases
    return {
        "HostedZoneId": alias["zoneId"],
        "DNSName": alias["name"],
        "EvaluateTargetHealth": alias["evaluateTargetHealth"],
    }
