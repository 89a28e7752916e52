"""The project's name, and configuration keys of a namespace that nothing here reads."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator

from infra import naming
from infra.problem import Problem, key_of
from infra.settings.settings import DEFAULTS

PROVIDERS = ("aws", "docker", "random")
"""Providers of this program's resources; each reads the keys of its own namespace."""
_READERS = {*PROVIDERS, "pulumi"}


def project_name(project: str) -> Iterator[Problem]:
    """A name that AWS accepts in every name made from it."""
    if rule := naming.project_problem(project):
        yield Problem("name (Pulumi.yaml)", project, rule, "give the project another name before its first deploy")


def foreign_keys(project: str, stack: str, configured: Collection[str]) -> Iterator[Problem]:
    """One problem per namespace that is neither the project's nor a provider's: Pulumi ignores such keys silently.

    That happens when `name` in Pulumi.yaml changes. No value is shown, since it may be a secret.
    """
    found: defaultdict[str, list[str]] = defaultdict(list)
    for full in sorted(configured):
        namespace, _, key = full.partition(":")
        if namespace != project and namespace not in _READERS:
            found[namespace].append(key)
    known = {key_of(field) for field in DEFAULTS}
    for namespace, keys in found.items():
        rule = (
            f'have no effect: the project\'s name is "{project}" (Pulumi.yaml), and no provider is called "{namespace}"'
        )
        if known & set(keys):
            pattern = re.escape(namespace).replace("/", r"\/")
            fix = f"sed -i.bak 's/^\\( *\\){pattern}:/\\1{project}:/' Pulumi.{stack}.yaml"
        else:
            fix = "; ".join(f"pulumi config rm {namespace}:{key}" for key in keys)
        yield Problem(f"{namespace}:*", tuple(keys), rule, fix)
