"""Changes that AWS refuses half way through an update, or that lose what is kept: refused in the preview already.

What would replace or delete something protected the engine refuses by itself; these rules are about changes in place.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pulumi

from infra.problem import Problem, set_command

Inputs = Mapping[str, Any]
Rule = Callable[[Inputs, Inputs], Iterator[Problem]]
"""What is wrong with a change from what stands (inputs and outputs of the last update) to the new inputs."""

GENERATION_TAG, FALLBACKS_TAG = "SecretsGeneration", "SecretKeyFallbacks"
"""Tags of the application's secret: what the tasks were given last."""


class ChangeRefused(pulumi.RunError):
    """Says resource, key, value, rule and fix; Pulumi prints it without a traceback."""

    def __init__(self, urn: str, problems: list[Problem]) -> None:
        kind, _, name = urn.rpartition("::")
        resource = f"{kind.rpartition('$')[2].rpartition('::')[2]} {name}"
        super().__init__(
            f"{resource} cannot be changed like this, and was not touched.\n\n" + "\n\n".join(map(str, problems))
        )


def refusing(name: str, rule: Rule) -> pulumi.ResourceHookBinding:
    """Hooks for one resource: previews and updates fail with ChangeRefused when `rule` finds something."""

    def refuse(args: pulumi.ResourceHookArgs) -> None:
        standing = {**(args.old_inputs or {}), **(args.old_outputs or {})}
        problems = list(rule(standing, args.new_inputs or {}))
        if problems:
            raise ChangeRefused(args.urn, problems)

    return pulumi.ResourceHookBinding(
        before_update=[pulumi.ResourceHook(name, refuse, pulumi.ResourceHookOptions(on_dry_run=True))]
    )


def database(standing: Inputs, new: Inputs) -> Iterator[Problem]:
    """RDS neither shrinks storage nor goes back to an earlier major version."""
    size, asked = _whole(standing.get("allocatedStorage")), _whole(new.get("allocatedStorage"))
    if size is not None and asked is not None and asked < size:
        rule = f"RDS never shrinks storage, and the database has {size} GiB (it may have grown by itself)"
        fix = f"{set_command('database_storage_gb', size)}, or move the data to a new stack"
        yield Problem("preqly:databaseStorageGb", asked, rule, fix)
    version, wanted = _major(standing.get("engineVersion")), _major(new.get("engineVersion"))
    if version is not None and wanted is not None and wanted < version:
        rule = f"RDS never goes back to an earlier version, and the database runs PostgreSQL {version}"
        fix = f"{set_command('database_version', version)}, or restore a snapshot from before the upgrade"
        yield Problem("preqly:databaseVersion", str(wanted), rule, fix)


def secrets(standing: Inputs, new: Inputs) -> Iterator[Problem]:
    """Generations go up in the steps in which running tasks know the next key, or, after a leak, do not."""
    before, after = _tags(standing), _tags(new)
    generation, asked = _whole(before.get(GENERATION_TAG)), _whole(after.get(GENERATION_TAG))
    if generation is None or asked is None or asked == generation:
        return
    keeps, kept = after.get(FALLBACKS_TAG) != "0", before.get(FALLBACKS_TAG) != "0"
    step = 2 if kept and not keeps else 1
    if asked < generation:
        rule = f"generations only go up, and the tasks run with {generation}"
    elif asked != generation + step and keeps:
        rule = f"the tasks run with {generation}: skipping one logs everybody out"
    elif asked < generation + step:
        rule = f"the tasks of {generation} know the key of {asked}, so a leak of theirs has told it too"
    else:
        return
    yield Problem("preqly:secretsGeneration", asked, rule, set_command("secrets_generation", generation + step))


def _tags(inputs: Inputs) -> Mapping[str, Any]:
    tags = inputs.get("tags")
    return tags if isinstance(tags, Mapping) else {}


def _whole(value: object) -> int | None:
    """A number as the engine hands it over; None while it is not known."""
    if isinstance(value, int | float):
        return int(value)
    return int(value) if isinstance(value, str) and value.isdecimal() else None


def _major(version: object) -> int | None:
    return _whole(version.partition(".")[0]) if isinstance(version, str) else None
