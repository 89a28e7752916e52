"""The tags every resource of the stack carries, put on in one place so that no component can forget them."""

from typing import Any

import pulumi
from pulumi.runtime import register_stack_transformation

AUTO_SCALING_GROUP = "aws:autoscaling/group:Group"
"""Its tags are a list, each of which says whether instances get it too; ours get theirs by the launch template."""


def tags(project: str, stack: str, name: str) -> dict[str, str]:
    """The tags of the resource with this logical name: whose it is, what made it, and its name in AWS's console."""
    return {"Project": project, "Stack": stack, "ManagedBy": "pulumi", "Name": f"{project}-{stack}-{name}"}


def tag_everything(project: str, stack: str) -> None:
    """Tag every resource declared after this call whose type knows tags; tags a component gives itself win.

    A transformation, not the provider's default tags: done in the program, every provider and policy sees them.
    """

    def add_tags(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        takes_tags = args.type_.startswith("aws:") and isinstance(getattr(type(args.resource), "tags", None), property)
        if not takes_tags:
            return None
        given: Any = args.props.get("tags")
        ours = tags(project, stack, args.name)
        all_tags = _listed(ours) if args.type_ == AUTO_SCALING_GROUP else {**ours, **(given or {})}
        return pulumi.ResourceTransformationResult({**args.props, "tags": all_tags}, args.opts)

    register_stack_transformation(add_tags)


def _listed(pairs: dict[str, str]) -> list[dict[str, Any]]:
    return [{"key": key, "value": value, "propagate_at_launch": False} for key, value in pairs.items()]
