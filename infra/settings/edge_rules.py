"""Rules for what the load balancer adds and refuses: HSTS and AWS WAF."""

import re
from collections.abc import Iterator

from infra.ecs.waf_rules import RULE_GROUPS
from infra.problem import Finding, add_command, set_command
from infra.settings.settings import Settings

YEAR = 31_536_000
"""Seconds of max-age that the browsers' preload list demands (hstspreload.org)."""
_HSTS = re.compile(r"max-age=(?P<seconds>0|[1-9]\d{0,9})(?P<subdomains>; includeSubDomains)?(?P<preload>; preload)?")


def hsts(settings: Settings) -> Iterator[Finding]:
    """A value of the header that browsers and their preload list accept."""
    value = _HSTS.fullmatch(settings.hsts)
    fix = set_command("hsts", f"'max-age={YEAR}'")
    if not value:
        rule = "must be max-age=<seconds>, then `; includeSubDomains` if every subdomain has HTTPS, then `; preload`"
        yield Finding(("hsts",), rule, fix)
    elif value["preload"] and not (value["subdomains"] and int(value["seconds"]) >= YEAR):
        rule = f"preload needs includeSubDomains and a max-age of a year or more, which is {YEAR}"
        yield Finding(("hsts",), rule, fix)


def waf_blocks(settings: Settings) -> Iterator[Finding]:
    """Names of the rule groups of the web ACL, which `waf` creates."""
    known = [group.name for group in RULE_GROUPS]
    for name in settings.waf_blocks:
        if name not in known:
            rule = f'"{name}" is not one of the rule groups {", ".join(known)}'
            yield Finding(("waf_blocks",), rule, add_command("waf_blocks", known[-1]))
    if settings.waf_blocks and not settings.waf:
        yield Finding(("waf_blocks", "waf"), "blocks nothing while waf is false", set_command("waf", "true"))
