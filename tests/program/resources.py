"""Where a recorded resource stands in the tree of the program's components."""


def components(engine):
    return [resource for resource in engine.resources if not resource.custom]


def children(engine):
    return [resource for resource in engine.resources if resource.custom]


def parent_of(engine, resource):
    """Type token and logical name of a resource's parent."""
    _, _, types, name = engine.requests[resource.typ, resource.name].parent.split("::", 3)
    return types.rpartition("$")[2], name
