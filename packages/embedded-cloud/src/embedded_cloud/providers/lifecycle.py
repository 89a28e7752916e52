"""Create or adopt, read, update and delete a resource, with its tags and references."""

from collections.abc import Mapping

from botocore.exceptions import BotoCoreError, ClientError

from embedded_cloud.providers.call import Call, CancelledError
from embedded_cloud.providers.difference import observed, settle
from embedded_cloud.providers.entry import ResourceType, all_tags, is_automatic
from embedded_cloud.providers.failures import OperationError, PartiallyCreatedError, describe, is_missing
from embedded_cloud.providers.inputs import schema
from embedded_cloud.providers.inputs.checking import check_references
from embedded_cloud.providers.pending_creates import UNFINISHED, PendingCreate, PendingCreates, digest
from embedded_cloud.providers.values import UNKNOWN, Values

_EXPECTED = (ClientError, BotoCoreError, OSError, TimeoutError, LookupError, ValueError, CancelledError, OperationError)


def create(entry: ResourceType, call: Call, pending: PendingCreates) -> Values:
    """Create the resource, or adopt one that a killed run created. Sets `call.id`, returns the state.

    Raises OperationError; PartiallyCreatedError when the resource exists but cannot be used."""
    with pending.lock(call.urn):
        call.state = dict(call.inputs)
        try:
            check_references(entry, call)
            if not _adopt(entry, call, pending):
                _make(entry, call, pending)
        except _EXPECTED as error:
            raise OperationError(describe(error)) from error
        return _finish(entry, call, fresh=True)


def _make(entry: ResourceType, call: Call, pending: PendingCreates) -> None:
    name = call.inputs[entry.name.property] if entry.name and is_automatic(entry.name, call.inputs) else ""
    inputs = UNFINISHED
    try:
        call.id = entry.create(call)
        inputs = digest(call.inputs)
    finally:
        if call.id:
            pending.add(call.urn, PendingCreate(entry.token, call.id, name, inputs))


def _adopt(entry: ResourceType, call: Call, pending: PendingCreates) -> bool:
    orphan = pending.find(call.urn, entry.token)
    if orphan is None:
        return False
    call.id = orphan.id
    if _report(entry, call) is None:
        return False
    if orphan.digest == digest(call.inputs):
        return True
    # It has other inputs, and nothing uses it: the engine does not know its id.
    remove(entry, call)
    call.id = ""
    return False


def update(entry: ResourceType, call: Call) -> Values:
    """Change the resource to `call.inputs` and return its state. Raises OperationError."""
    dropped = set(call.old_inputs) - set(call.inputs)
    kept = {name: value for name, value in call.state.items() if name not in dropped}
    call.state = {**kept, **call.inputs}
    try:
        check_references(entry, call)
        if entry.update is not None:
            entry.update(call)
    except _EXPECTED as error:
        raise OperationError(describe(error)) from error
    return _finish(entry, call, fresh=False)


def _finish(entry: ResourceType, call: Call, *, fresh: bool) -> Values:
    """Wait, write tags, read the state. A failure here leaves a partially created resource."""
    try:
        if entry.ready is not None:
            entry.ready(call)
        found = _report(entry, call)
        if found is None:
            raise OperationError("it does not exist right after its creation; run `pulumi up` again")
        call.state = _state(entry, call, found)
        if entry.tags is not None:
            _write_tags(entry, call, fresh=fresh)
    except _EXPECTED as error:
        partial = {name: value for name, value in call.state.items() if not name.startswith("__")}
        raise PartiallyCreatedError(describe(error), call.id, partial) from error
    return call.state


def read(entry: ResourceType, call: Call) -> tuple[Values, Values] | None:
    """State and inputs as AWS reports them, or None when the resource is deleted. Raises OperationError."""
    # An import has no state yet.
    call.state = call.state or dict(call.inputs)
    try:
        found = _report(entry, call)
        if found is None:
            return None
        last = call.state
        call.state = _state(entry, call, found)
        if entry.tags is not None:
            actual = entry.tags.read(call)
            call.state |= {"tags": own_tags(call, actual), "tagsAll": actual}
        state = settle(entry, last, call.state)
    except _EXPECTED as error:
        raise OperationError(describe(error)) from error
    return state, _inputs(entry, call.inputs, state)


def own_tags(call: Call, actual: Mapping[str, str]) -> dict[str, str]:
    """Tags of the resource without those from the provider's default tags."""
    asked, everything = call.inputs.get("tags", {}), call.inputs.get("tagsAll", {})
    defaults = {name: value for name, value in everything.items() if name not in asked}
    return {name: value for name, value in actual.items() if defaults.get(name) != value}


def _inputs(entry: ResourceType, olds: Values, state: Values) -> Values:
    if not olds:  # an import
        names = set(entry.reported.split()) & set(schema.inputs_of(entry.token).properties)
        return {name: state[name] for name in names if state.get(name) not in (None, "", [], {})}
    inputs = {}
    for name, value in olds.items():
        if name.startswith("__") or name in entry.remembered():
            inputs[name] = value
        elif state.get(name) is not None:
            whole = name in ("tags", "tagsAll")
            inputs[name] = state[name] if whole else observed(value, state[name])
    if entry.tags is not None and state.get("tags") and "tags" not in inputs:
        inputs["tags"] = state["tags"]
    return settle(entry, olds, inputs)


def remove(entry: ResourceType, call: Call) -> None:
    """Delete the resource, if it still exists. Raises OperationError."""
    try:
        entry.delete(call)
    except _EXPECTED as error:
        # Some services have error codes of their own for "not found".
        if not is_missing(error) and not _is_deleted(entry, call):
            raise OperationError(describe(error)) from error


def _is_deleted(entry: ResourceType, call: Call) -> bool:
    try:
        return _report(entry, call) is None
    except _EXPECTED:
        return False


def previewed(entry: ResourceType, call: Call) -> Values:
    """State of a preview: the known part of the state after the operation."""
    dropped = set(call.old_inputs) - set(call.inputs)
    kept = {name: value for name, value in call.state.items() if name not in dropped}
    volatile = dict.fromkeys(entry.volatile.split(), UNKNOWN) if call.id else {}
    tags = {"tagsAll": all_tags(call.inputs)} if entry.tags else {}
    inputs = {name: value for name, value in call.inputs.items() if not name.startswith("__")}
    region = {"region": call.region} if "region" in schema.outputs_of(entry.token) else {}
    return {**kept, **volatile, **inputs, **tags, **region}


def _report(entry: ResourceType, call: Call) -> Values | None:
    try:
        return entry.read(call)
    except ClientError as error:
        if is_missing(error):
            return None
        raise


def _state(entry: ResourceType, call: Call, found: Values) -> Values:
    known = schema.outputs_of(entry.token)
    strange = sorted(set(found) - known)
    if strange:
        raise OperationError(f"the entry of {entry.token} reports {', '.join(strange)}; the SDK has no such output")
    region = {"region": call.region} if "region" in known else {}
    last = {name: call.state[name] for name in entry.remembered() if name in call.state}
    reported = {name: value for name, value in found.items() if value is not None}
    return settle(entry, call.state, {**region, **last, **reported})


def _write_tags(entry: ResourceType, call: Call, *, fresh: bool) -> None:
    assert entry.tags is not None  # noqa: S101 # for mypy: callers check it
    wanted = all_tags(call.inputs)
    before = {} if fresh else all_tags(call.old_inputs)
    gone = sorted(set(before) - set(wanted))
    if gone:
        entry.tags.remove(call, gone)
    if wanted and wanted != before:
        entry.tags.write(call, wanted)
    call.state |= {"tags": dict(call.inputs.get("tags", {})), "tagsAll": wanted}
