"""The rule of `hosting`: this version runs on Fargate only."""

from collections.abc import Iterator
from dataclasses import replace

from infra.pricing.cost import monthly_estimate
from infra.pricing.prices import FARGATE_VCPU_HOUR
from infra.settings.problem import Finding, set_command
from infra.settings.settings import DEFAULTS, Settings


def hosting(settings: Settings) -> Iterator[Finding]:
    """Accept `fargate`. For `vm` name the cheapest settings on Fargate, and how a deployed site moves there.

    A site that runs on `hosting: vm` is refused by its release record too (infra/release/releases.py).
    """
    if settings.hosting == "vm":
        usd = monthly_estimate(_one_public_task(settings)).total_usd
        fix = (
            f"{set_command('hosting', 'fargate')}; {set_command('min_tasks', 1)}; {set_command('egress', 'public')} "
            f"(about {usd:.2f} USD a month). If the site runs on `hosting: vm` now, check out the version that "
            "deployed it and run `pulumi up` there with `hosting: fargate` first: only that version can move the site."
        )
        yield Finding(("hosting",), "this version runs on Fargate only", fix)
    elif settings.hosting != "fargate":
        yield Finding(("hosting",), "must be fargate", set_command("hosting", "fargate"))


def _one_public_task(settings: Settings) -> Settings:
    """The same site with one task and without a NAT gateway."""
    architecture = settings.architecture if settings.architecture in FARGATE_VCPU_HOUR else DEFAULTS["architecture"]
    return replace(settings, min_tasks=1, egress="public", architecture=architecture)
