"""Tags of all resources of the stack, added in one place."""

from typing import Any

import pulumi
from pulumi.runtime import register_stack_transformation


def tag_everything(project: str, stack: str) -> None:
    """Tag every taggable AWS resource declared after this call; tags set by a component win.

    A stack transformation instead of the provider's default tags, so that every provider and every policy sees them.
    """

    def add_tags(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        taggable = args.type_.startswith("aws:") and isinstance(getattr(type(args.resource), "tags", None), property)
        if not taggable:
            return None
        # The AWS console shows `Name`.
        tags = {"Project": project, "Stack": stack, "ManagedBy": "pulumi", "Name": f"{project}-{stack}-{args.name}"}
        given: Any = args.props.get("tags")
        return pulumi.ResourceTransformationResult({**args.props, "tags": {**tags, **(given or {})}}, args.opts)

    register_stack_transformation(add_tags)
