"""Guards against in-place changes that AWS refuses in the middle of an update, or that lose data.

They fail the preview already. Replacement and deletion of protected resources is refused by the engine itself.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pulumi

from infra.data.database_capacity import least_max_storage_gb
from infra.problem import Problem, key_of, set_command

Inputs = Mapping[str, Any]
Rule = Callable[[Inputs, Inputs, Inputs], Iterator[Problem]]
"""Yields the problems of a change, from the current inputs and outputs to the new inputs; keys have no namespace.

The third argument holds the inputs of the last update, without what AWS changed since."""

GENERATION_TAG, FALLBACKS_TAG = "SecretsGeneration", "SecretKeyFallbacks"
"""Tags of the application's secret: the `secretsGeneration` and `secretKeyFallbacks` of the last update."""
STORAGE_TAG = "DatabaseStorageGb"
"""Tag of the database: the `databaseStorageGb` of the last update. RDS may have grown the storage since."""


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
        asked = args.old_inputs or {}
        problems = list(rule({**asked, **(args.old_outputs or {})}, args.new_inputs or {}, asked))
        if problems:
            project = pulumi.get_project()
            raise ChangeRefused(args.urn, [replace(one, key=f"{project}:{one.key}") for one in problems])

    return pulumi.ResourceHookBinding(
        before_update=[pulumi.ResourceHook(name, refuse, pulumi.ResourceHookOptions(on_dry_run=True))]
    )


def database_problems(current: Inputs, new: Inputs, asked: Inputs | None = None) -> Iterator[Problem]:
    """RDS neither shrinks storage nor downgrades the engine, and needs room to grow the storage.

    Storage that RDS has grown by itself is no reason to refuse: the provider leaves the larger size as it is.
    """
    yield from _storage_problems(current, new, asked or current)
    version, new_version = _major(current.get("engineVersion")), _major(new.get("engineVersion"))
    if version is not None and new_version is not None and new_version < version:
        rule = f"RDS cannot downgrade the engine, and the database runs PostgreSQL {version}"
        fix = f"{set_command('database_version', version)}, or restore a snapshot from before the upgrade"
        yield Problem(key_of("database_version"), str(new_version), rule, fix)


def _storage_problems(current: Inputs, new: Inputs, asked: Inputs) -> Iterator[Problem]:
    size, wanted = _whole(current.get("allocatedStorage")), _whole(new.get("allocatedStorage"))
    # A refresh replaces the last input by the grown size, but leaves the tag.
    setting = _whole(_tags(current).get(STORAGE_TAG)) or _whole(asked.get("allocatedStorage"))
    if size is None or setting is None or wanted is None:
        return
    if wanted < setting:
        rule = f"RDS cannot shrink storage; the last update asked for {setting} GiB, and the database has {size} GiB"
        fix = f"{set_command('database_storage_gb', setting)}, or move the data to a new stack"
        yield Problem(key_of("database_storage_gb"), wanted, rule, fix)
    limit, new_limit = _whole(current.get("maxAllocatedStorage")), _whole(new.get("maxAllocatedStorage"))
    least = least_max_storage_gb(max(size, wanted))
    if new_limit is not None and new_limit != limit and new_limit < least:
        rule = f"must be at least 10 % above the storage, which is {max(size, wanted)} GiB now, so {least} or more"
        yield Problem(key_of("database_max_storage_gb"), new_limit, rule, set_command("database_max_storage_gb", least))


def generation_problems(current: Inputs, new: Inputs, *_: Inputs) -> Iterator[Problem]:
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
    yield Problem(key_of("secrets_generation"), wanted, rule, set_command("secrets_generation", generation + step))


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
