"""Guards against in-place changes that AWS refuses in the middle of an update, or that lose data.

They fail the preview already. Replacement and deletion of protected resources is refused by the engine itself.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pulumi

from infra.settings.problem import Problem, set_command

Inputs = Mapping[str, Any]
Rule = Callable[[Inputs, Inputs], Iterator[Problem]]
"""Yields the problems of a change, from the current inputs and outputs to the new inputs."""

GENERATION_TAG, FALLBACKS_TAG = "SecretsGeneration", "SecretKeyFallbacks"
"""Tags of the application's secret: the `secretsGeneration` and `secretKeyFallbacks` of the last update."""


class ChangeRefused(pulumi.RunError):
    """A guard refused a change; Pulumi prints the message without a traceback."""

    def __init__(self, urn: str, problems: list[Problem]) -> None:
        kind, _, name = urn.rpartition("::")
        resource = f"{kind.rpartition('$')[2].rpartition('::')[2]} {name}"
        super().__init__(
            f"{resource} cannot be changed like this; nothing was changed.\n\n" + "\n\n".join(map(str, problems))
        )


def change_guard(name: str, rule: Rule) -> pulumi.ResourceHookBinding:
    """Hook of a resource that fails previews and updates with ChangeRefused when `rule` yields a problem."""

    def refuse(args: pulumi.ResourceHookArgs) -> None:
        current = {**(args.old_inputs or {}), **(args.old_outputs or {})}
        problems = list(rule(current, args.new_inputs or {}))
        if problems:
            raise ChangeRefused(args.urn, problems)

    return pulumi.ResourceHookBinding(
        before_update=[pulumi.ResourceHook(name, refuse, pulumi.ResourceHookOptions(on_dry_run=True))]
    )


def database_problems(current: Inputs, new: Inputs) -> Iterator[Problem]:
    """RDS neither shrinks storage nor downgrades the engine."""
    size, new_size = _whole(current.get("allocatedStorage")), _whole(new.get("allocatedStorage"))
    if size is not None and new_size is not None and new_size < size:
        rule = f"RDS cannot shrink storage, and the database has {size} GiB (autoscaling may have raised it)"
        fix = f"{set_command('database_storage_gb', size)}, or move the data to a new stack"
        yield Problem("preqly:databaseStorageGb", new_size, rule, fix)
    version, new_version = _major(current.get("engineVersion")), _major(new.get("engineVersion"))
    if version is not None and new_version is not None and new_version < version:
        rule = f"RDS cannot downgrade the engine, and the database runs PostgreSQL {version}"
        fix = f"{set_command('database_version', version)}, or restore a snapshot from before the upgrade"
        yield Problem("preqly:databaseVersion", str(new_version), rule, fix)


def generation_problems(current: Inputs, new: Inputs) -> Iterator[Problem]:
    """A rotation raises the generation by 1, to the key that running tasks accept already.

    Without fallbacks (after a leak) the new key must be one that running tasks do not hold: 2 or more above theirs.
    """
    before, after = _tags(current), _tags(new)
    generation, wanted = _whole(before.get(GENERATION_TAG)), _whole(after.get(GENERATION_TAG))
    if generation is None or wanted is None or wanted == generation:
        return
    keeps, kept = after.get(FALLBACKS_TAG) != "0", before.get(FALLBACKS_TAG) != "0"
    step = 2 if kept and not keeps else 1
    if wanted < generation:
        rule = f"the generation can only be raised, and the tasks run with {generation}"
    elif wanted != generation + step and keeps:
        rule = f"the tasks run with {generation}, and skipping a generation logs every visitor out"
    elif wanted < generation + step:
        rule = f"the tasks of generation {generation} hold the key of {wanted} too, so it is part of the leak"
    else:
        return
    yield Problem("preqly:secretsGeneration", wanted, rule, set_command("secrets_generation", generation + step))


def _tags(inputs: Inputs) -> Mapping[str, Any]:
    tags = inputs.get("tags")
    return tags if isinstance(tags, Mapping) else {}


def _whole(value: object) -> int | None:
    """A number as the engine passes it; None when it is unknown."""
    if isinstance(value, int | float):
        return int(value)
    return int(value) if isinstance(value, str) and value.isdecimal() else None


def _major(version: object) -> int | None:
    return _whole(version.partition(".")[0]) if isinstance(version, str) else None
