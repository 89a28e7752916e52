"""Tagging for services that share one pattern: list, tag and untag by ARN, under varying parameter names."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from local.provider.call import Call
from local.provider.entry import Tagging


@dataclass(frozen=True, kw_only=True)
class TagOperations:
    """What one service calls its tag operations and their parameters."""

    resource: str = "ResourceArn"
    tags: str = "Tags"
    keys: str = "TagKeys"
    answer: str = "Tags"
    read: str = "list_tags_for_resource"
    write: str = "tag_resource"
    remove: str = "untag_resource"
    pair: tuple[str, str] = ("Key", "Value")
    as_map: bool = False
    """Tags travel as a mapping, not as a list of pairs."""


ECS = TagOperations(resource="resourceArn", tags="tags", keys="tagKeys", answer="tags", pair=("key", "value"))
ECR = TagOperations(resource="resourceArn", tags="tags", keys="tagKeys", answer="tags")
LOGS = TagOperations(resource="resourceArn", tags="tags", keys="tagKeys", answer="tags", as_map=True)
CLOUDWATCH = TagOperations(resource="ResourceARN")
RDS = TagOperations(
    resource="ResourceName", answer="TagList", write="add_tags_to_resource", remove="remove_tags_from_resource"
)
SECRETS = TagOperations(resource="SecretId", read="describe_secret")
SNS = TagOperations()
SSM = TagOperations(
    resource="ResourceId", answer="TagList", write="add_tags_to_resource", remove="remove_tags_from_resource"
)


def tagging(service: str, names: TagOperations, resource: Callable[[Call], str], **always: Any) -> Tagging:
    """Tagging of one type: `resource` gives what the service calls it, `always` goes into each call."""

    def run(call: Call, operation: str, **parameters: Any) -> Any:
        return getattr(call.aws(service), operation)(**{names.resource: resource(call)}, **always, **parameters)

    def read(call: Call) -> dict[str, str]:
        return _as_map(run(call, names.read).get(names.answer) or {})

    def write(call: Call, tags: dict[str, str]) -> object:
        return run(call, names.write, **{names.tags: tags if names.as_map else _pairs(tags, names)})

    def remove(call: Call, keys: list[str]) -> object:
        return run(call, names.remove, **{names.keys: keys})

    return Tagging(read=read, write=write, remove=remove)


def iam_tagging(kind: str, parameter: str) -> Tagging:
    """IAM has its own three operations for each kind: `role` with RoleName, `policy` with PolicyArn, ..."""
    names = TagOperations(resource=parameter, read=f"list_{kind}_tags", write=f"tag_{kind}", remove=f"untag_{kind}")
    return tagging("iam", names, lambda call: call.id)


KEPT_BY_PULUMI = Tagging(
    read=lambda call: dict(call.inputs.get("tagsAll") or call.inputs.get("tags") or {}),
    write=lambda _call, _tags: None,
    remove=lambda _call, _keys: None,
)
"""For services whose tag operations the emulation lacks: the last known tags stand for AWS's."""


def by_state_arn(call: Call) -> str:
    """The `arn` output, for types whose physical id is something else."""
    return str(call.state["arn"])


def _pairs(tags: Mapping[str, str], names: TagOperations) -> list[dict[str, str]]:
    key, value = names.pair
    return [{key: name, value: text} for name, text in sorted(tags.items())]


def _as_map(tags: Any) -> dict[str, str]:
    if isinstance(tags, Mapping):
        return dict(tags)
    found = {str(tag.get("Key", tag.get("key"))): str(tag.get("Value", tag.get("value", ""))) for tag in tags}
    # AWS's own tags are no business of the program.
    return {name: value for name, value in found.items() if not name.startswith("aws:")}
