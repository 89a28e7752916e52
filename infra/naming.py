"""The tags every resource of the stack carries, put on in one place so that no component can forget them."""

from typing import Any

import pulumi
from pulumi.runtime import register_stack_transformation


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
        props = {**args.props, "tags": {**tags(project, stack, args.name), **(given or {})}}
        return pulumi.ResourceTransformationResult(props, args.opts)

    register_stack_transformation(add_tags)
