"""What happens to a resource, whatever the protocol: create or adopt, read, update, delete; tags and references."""

from collections.abc import Mapping

from botocore.exceptions import BotoCoreError, ClientError

from local.provider import schema
from local.provider.call import Call, CancelledError
from local.provider.dangling import check_references
from local.provider.difference import observed, settle
from local.provider.entry import ResourceType
from local.provider.failures import HalfMadeError, OperationError, describe, is_missing
from local.provider.journal import UNFINISHED, Created, Journal, digest
from local.provider.naming import is_automatic
from local.provider.values import UNKNOWN, Values

_EXPECTED = (ClientError, BotoCoreError, OSError, TimeoutError, LookupError, ValueError, CancelledError, OperationError)


def create(entry: ResourceType, call: Call, journal: Journal) -> Values:
    """Create the resource, or adopt what a killed run created; sets `call.id`, answers the state.

    Raises OperationError, as HalfMadeError when the resource exists but is not usable."""
    with journal.lock(call.urn):
        call.state = dict(call.inputs)
        try:
            check_references(entry, call)
            if not _adopt(entry, call, journal):
                _make(entry, call, journal)
        except _EXPECTED as error:
            raise OperationError(describe(error)) from error
        return _finish(entry, call, fresh=True)


def _make(entry: ResourceType, call: Call, journal: Journal) -> None:
    name = call.inputs[entry.name.property] if entry.name and is_automatic(entry.name, call.inputs) else ""
    inputs = UNFINISHED
    try:
        call.id = entry.create(call)
        inputs = digest(call.inputs)
    finally:
        if call.id:
            journal.add(call.urn, Created(entry.token, call.id, name, inputs))


def _adopt(entry: ResourceType, call: Call, journal: Journal) -> bool:
    orphan = journal.find(call.urn, entry.token)
    if orphan is None:
        return False
    call.id = orphan.id
    if _report(entry, call) is None:
        return False
    if orphan.digest == digest(call.inputs):
        return True
    # Made for other inputs, and nothing can be using it: the engine never told anybody its id.
    remove(entry, call)
    call.id = ""
    return False


def update(entry: ResourceType, call: Call) -> Values:
    """Bring the resource to `call.inputs`; answers the state. Raises OperationError."""
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
    """Wait, write tags, read back. What goes wrong here leaves a resource that exists."""
    try:
        if entry.ready is not None:
            entry.ready(call)
        found = _report(entry, call)
        if found is None:
            raise OperationError("it was gone again right after it was made")
        call.state = _state(entry, call, found)
        if entry.tags is not None:
            _write_tags(entry, call, fresh=fresh)
    except _EXPECTED as error:
        partial = {name: value for name, value in call.state.items() if not name.startswith("__")}
        raise HalfMadeError(describe(error), call.id, partial) from error
    return call.state


def read(entry: ResourceType, call: Call) -> tuple[Values, Values] | None:
    """(state, inputs) as AWS reports them now, or None when the resource is gone. Raises OperationError."""
    # Of what was adopted by its id there are only the inputs yet.
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
    """The resource's tags without those that only come from the provider's defaults."""
    asked, everything = call.inputs.get("tags", {}), call.inputs.get("tagsAll", {})
    defaults = {name: value for name, value in everything.items() if name not in asked}
    return {name: value for name, value in actual.items() if defaults.get(name) != value}


def _inputs(entry: ResourceType, olds: Values, state: Values) -> Values:
    if not olds:  # an import: whatever the program could have said
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
    """Delete the resource; one that is already gone is fine. Raises OperationError."""
    try:
        entry.delete(call)
    except _EXPECTED as error:
        # There are as many words for "not there" as services.
        if not is_missing(error) and not _is_gone(entry, call):
            raise OperationError(describe(error)) from error


def _is_gone(entry: ResourceType, call: Call) -> bool:
    try:
        return _report(entry, call) is None
    except _EXPECTED:
        return False


def previewed(entry: ResourceType, call: Call) -> Values:
    """The state as far as it is known before anything is done."""
    dropped = set(call.old_inputs) - set(call.inputs)
    kept = {name: value for name, value in call.state.items() if name not in dropped}
    volatile = dict.fromkeys(entry.volatile.split(), UNKNOWN) if call.id else {}
    tags = {"tagsAll": _all_tags(call.inputs)} if entry.tags else {}
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
        raise OperationError(f"the entry of {entry.token} reports {', '.join(strange)}, which the SDK does not have")
    region = {"region": call.region} if "region" in known else {}
    last = {name: call.state[name] for name in entry.remembered() if name in call.state}
    reported = {name: value for name, value in found.items() if value is not None}
    return settle(entry, call.state, {**region, **last, **reported})


def _write_tags(entry: ResourceType, call: Call, *, fresh: bool) -> None:
    assert entry.tags is not None  # noqa: S101 # the caller asked
    wanted = _all_tags(call.inputs)
    before = {} if fresh else _all_tags(call.old_inputs)
    gone = sorted(set(before) - set(wanted))
    if gone:
        entry.tags.remove(call, gone)
    if wanted and wanted != before:
        entry.tags.write(call, wanted)
    call.state |= {"tags": dict(call.inputs.get("tags", {})), "tagsAll": wanted}


def _all_tags(inputs: Values) -> dict[str, str]:
    tags: dict[str, str] = inputs.get("tagsAll") or inputs.get("tags") or {}
    return tags
