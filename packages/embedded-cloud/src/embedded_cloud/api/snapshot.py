"""moto's state as one pickle, which preserves references between services."""

import functools
import hashlib
import io
import marshal
import pickle
import weakref
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moto.backends import get_backend
from moto.core.base_backend import AccountSpecificBackend, BackendDict
from moto.iam.models import AWSManagedPolicy, IAMBackend
from moto.logs.models import LogEvent, LogStream
from moto.s3.models import FakeKey

from embedded_cloud.api.pickling import REDUCERS, fresh_iam, iam_state, new, new_iam, set_dict_state, set_iam_state

KEPT_LOG_EVENTS = 500
"""Latest events per log stream in a snapshot; more would slow down every save."""

_blob_of_key: "weakref.WeakKeyDictionary[FakeKey, tuple[int, str]]" = weakref.WeakKeyDictionary()

_packed_events: "weakref.WeakKeyDictionary[LogStream, tuple[LogEvent | None, bytes]]" = weakref.WeakKeyDictionary()
"""The newest event of a stream, and the latest of them as they are pickled."""

_EVENT_FIELDS = ("ingestion_time", "timestamp", "message", "event_id")

_blob_folder: ContextVar[Path] = ContextVar("blob_folder")
"""Where the snapshot that is being loaded has its blobs."""

_WIRING = ("backend", "service_name", "_use_boto3_regions", "_additional_regions", "_id")
"""Attributes of a service's backends that moto sets at import."""


class SnapshotError(Exception):
    """A snapshot cannot be read."""


def dump(blob_folder: Path) -> bytes:
    """Pickle the state of every service in use; S3 contents go to `blob_folder`. The caller holds the lock."""
    state = {
        service.service_name: {
            "attributes": {k: v for k, v in vars(service).items() if k not in _WIRING},
            "accounts": {account: _kept_regions(regions) for account, regions in service.items()},
        }
        for service in list(BackendDict._instances)
    }
    buffer = io.BytesIO()
    _StatePickler(buffer, blob_folder).dump(state)
    return buffer.getvalue()


def load(content: bytes, blob_folder: Path) -> None:
    """Replace moto's state. Raises SnapshotError, and leaves moto empty, if the content cannot be read."""
    BackendDict.reset()
    token = _blob_folder.set(blob_folder)
    try:
        state = pickle.loads(content)  # noqa: S301 - our own file, mode 0600
        for name, service in state.items():
            backends = get_backend(name)
            vars(backends).update(service["attributes"])
            for account, regions in service["accounts"].items():
                for region, backend in regions.items():
                    AccountSpecificBackend.__setitem__(backends[account], region, backend)
    # Unpickling raises errors of any class.
    except Exception as error:
        BackendDict.reset()
        raise SnapshotError(f"{type(error).__name__}: {error}") from error
    finally:
        _blob_folder.reset(token)


def referenced_blobs() -> set[str]:
    """Names of the blobs of existing S3 objects, as of the last dump or load."""
    return {name for _, name in _blob_of_key.values()}


class _StatePickler(pickle.Pickler):
    def __init__(self, file: io.BytesIO, blob_folder: Path) -> None:
        super().__init__(file, protocol=pickle.HIGHEST_PROTOCOL)
        self._blob_folder = blob_folder

    # pickle calls this for every instance. A `persistent_id` would cost it a call for every string and number too.
    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, FakeKey):
            return new, (type(obj),), self._key_state(obj), None, None, _set_key_state
        reduce = _reducer(type(obj))  # type: ignore[arg-type]  # classes are hashable
        return NotImplemented if reduce is None else reduce(obj)

    def _key_state(self, key: FakeKey) -> dict[str, Any]:
        state = {name: value for name, value in vars(key).items() if name not in ("_value_buffer", "lock")}
        known = _blob_of_key.get(key)
        if known is None or known[0] != key.contentsize:
            value = key.value
            known = (key.contentsize, hashlib.sha256(value).hexdigest())
            _write_blob(self._blob_folder / known[1], value)
            _blob_of_key[key] = known
        return {**state, "value": _Blob(known[1])}


@functools.cache
def _reducer(kind: type) -> Callable[[Any], Any] | None:
    """What pickles the instances of a class; None leaves them to pickle."""
    return next((reduce for kinds, reduce in (*_REDUCERS, *REDUCERS) if issubclass(kind, kinds)), None)


def _reduce_stream(stream: LogStream) -> Any:
    return new, (LogStream,), {**vars(stream), "events": _packed(stream)}, None, None, _set_stream_state


def _packed(stream: LogStream) -> bytes:
    """The latest events, packed once for as long as none is added: most of the state, and most of it never changes."""
    newest = stream.events[-1] if stream.events else None
    known = _packed_events.get(stream)
    # Not by their number, which stays the same once old events are dropped.
    if known is None or known[0] is not newest:
        kept = [tuple(getattr(one, name) for name in _EVENT_FIELDS) for one in stream.events[-KEPT_LOG_EVENTS:]]
        known = _packed_events[stream] = newest, marshal.dumps(kept)
    return known[1]


def _set_stream_state(stream: LogStream, state: dict[str, Any]) -> None:
    events = [_event(values) for values in marshal.loads(state["events"])]  # noqa: S302 - our own file, mode 0600
    vars(stream).update({**state, "events": events})


def _event(values: tuple[Any, ...]) -> LogEvent:
    event: LogEvent = new(LogEvent)
    vars(event).update(zip(_EVENT_FIELDS, values, strict=True))
    return event


def _reduce_iam(backend: IAMBackend) -> Any:
    return new_iam, (backend.account_id,), iam_state(backend), None, None, set_iam_state


def _reduce_defaultdict(made: "defaultdict[Any, Any]") -> Any:
    # The default reducer calls the class with a factory; subclasses take other arguments.
    if type(made) is defaultdict:
        return NotImplemented
    return new, (type(made),), (made.default_factory, vars(made), dict(made)), None, None, set_dict_state


def _account(service: str, account: str) -> Any:
    return get_backend(service)[account]


def _managed_policy(account: str, arn: str) -> Any:
    return fresh_iam(account).managed_policies[arn]


# The first three refer to what moto creates in every process.
_REDUCERS: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (BackendDict, lambda obj: (get_backend, (obj.service_name,))),
    (AccountSpecificBackend, lambda obj: (_account, (obj.service_name, obj.account_id))),
    (AWSManagedPolicy, lambda obj: (_managed_policy, (obj.account_id, obj.arn))),
    (LogStream, _reduce_stream),
    (IAMBackend, _reduce_iam),
    (defaultdict, _reduce_defaultdict),
)


@dataclass(frozen=True)
class _Blob:
    """Content of an S3 object, pickled as the name of its file in the blob folder."""

    name: str


def _kept_regions(regions: Mapping[str, Any]) -> dict[str, Any]:
    # Some services look into every AWS partition, which creates an empty backend in each.
    return {name: backend for name, backend in regions.items() if not name.startswith("aws-")}


def _set_key_state(key: FakeKey, state: dict[str, Any]) -> None:
    blob = state.pop("value")
    value = (_blob_folder.get() / blob.name).read_bytes()
    key.__setstate__({**state, "value": value})
    _blob_of_key[key] = (len(value), blob.name)


def _write_blob(path: Path, content: bytes) -> None:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial = path.with_suffix(".partial")
        partial.write_bytes(content)
        partial.replace(path)
