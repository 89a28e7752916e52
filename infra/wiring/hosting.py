"""The two kinds of hosting, and what a change from one to the other means."""

import pulumi

from infra.email import Email
from infra.problem import Problem, key_of
from infra.release.record import Release
from infra.settings import Settings, SettingsError
from infra.site_names import TTL_SECONDS
from infra.wiring import fargate, vm
from infra.wiring.data import Stores
from infra.wiring.hosted import Ground, Hosted, Ships

KINDS = {"fargate": fargate.hosted, "vm": vm.hosted}
RUNS_ON = {"fargate": "the load balancer and its tasks", "vm": "the machine"}


def hosted(settings: Settings, ground: Ground, stores: Stores, ships: Ships, email: Email | None) -> Hosted:
    """The site on what the setting `hosting` names. Says so when that is a move, and refuses one that gets stuck."""
    latest = ships.latest.apply(lambda found: _told(settings, found))
    return KINDS[settings.hosting](settings, ground, stores, ships._replace(latest=latest), email)


def _told(settings: Settings, latest: Release | None) -> Release | None:
    if latest is None or latest.hosting == settings.hosting:
        return latest
    if settings.protect:
        raise SettingsError([_refusal(settings, latest)])
    pulumi.log.info(
        f"This moves the site from {latest.hosting} to {settings.hosting}: {RUNS_ON[settings.hosting]} comes up first, "
        f"then {' and '.join(settings.hosts)} leads there, and {TTL_SECONDS} s later {RUNS_ON[latest.hosting]} goes. "
        "Database, uploaded files, secrets, images and the record of releases stay."
    )
    return latest


def _refusal(settings: Settings, latest: Release) -> Problem:
    rule = (
        f"the site is on {latest.hosting}, and the move deletes {RUNS_ON[latest.hosting]}, which protect guards in "
        "Pulumi and in AWS"
    )
    back = f"pulumi config set hosting {latest.hosting} && pulumi config set protect false && pulumi up"
    return Problem(
        f"{pulumi.get_project()}:{key_of('hosting')}",
        settings.hosting,
        rule,
        f"{back}, then move, then set protect to true again (docs/machine.md)",
    )
