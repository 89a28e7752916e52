"""Tags of all resources of the stack, added in one place."""

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.runtime import register_stack_transformation

from infra.naming import RETAINED_TAG, name_tag


def tag_everything(project: str, stack: str) -> None:
    """Tag every taggable AWS resource declared after this call; tags set by a component win.

    A stack transformation instead of the provider's default tags, so that every provider and every policy sees them.
    """

    def add_tags(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        taggable = args.type_.startswith("aws:") and isinstance(getattr(type(args.resource), "tags", None), property)
        if not taggable:
            return None
        name = name_tag(project, stack, args.name)
        tags = {"Project": project, "Stack": stack, "ManagedBy": "pulumi", "Name": name}
        if stays_after_destroy(args.opts, args.props):
            tags[RETAINED_TAG] = "true"
        given: Any = args.props.get("tags")
        return pulumi.ResourceTransformationResult({**args.props, "tags": {**tags, **(given or {})}}, args.opts)

    register_stack_transformation(add_tags)


def stays_after_destroy(opts: pulumi.ResourceOptions, props: Mapping[str, Any]) -> bool:
    """Whether `pulumi destroy` leaves the resource in the account."""
    return bool(opts.retain_on_delete) or props.get("skip_destroy") is True
