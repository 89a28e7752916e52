"""moto's state as one pickle, which preserves references between services."""

import hashlib
import io
import pickle
import weakref
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moto.backends import get_backend
from moto.core.base_backend import AccountSpecificBackend, BackendDict
from moto.iam.models import AWSManagedPolicy, IAMBackend
from moto.logs.models import LogStream
from moto.s3.models import FakeKey

from embedded_cloud.api.pickling import REDUCERS, fresh_iam, iam_state, new, new_iam, set_dict_state, set_iam_state

KEPT_LOG_EVENTS = 500
"""Latest events per log stream in a snapshot; more would slow down every save."""

_blob_of_key: "weakref.WeakKeyDictionary[FakeKey, tuple[int, str]]" = weakref.WeakKeyDictionary()

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
    try:
        state = _StateUnpickler(io.BytesIO(content), blob_folder).load()
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


def referenced_blobs() -> set[str]:
    """Names of the blobs of existing S3 objects, as of the last dump or load."""
    return {name for _, name in _blob_of_key.values()}


class _StatePickler(pickle.Pickler):
    def __init__(self, file: io.BytesIO, blob_folder: Path) -> None:
        super().__init__(file, protocol=pickle.HIGHEST_PROTOCOL)
        self._blob_folder = blob_folder

    def persistent_id(self, obj: Any) -> Any:
        """Reference objects that moto creates in every process."""
        if isinstance(obj, BackendDict):
            return ("service", obj.service_name)
        if isinstance(obj, AccountSpecificBackend):
            return ("account", obj.service_name, obj.account_id)
        if isinstance(obj, _Blob):
            return ("blob", obj.name)
        if isinstance(obj, AWSManagedPolicy):
            return ("managed policy", obj.account_id, obj.arn)
        return None

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, LogStream):
            return new, (LogStream,), {**vars(obj), "events": obj.events[-KEPT_LOG_EVENTS:]}
        if isinstance(obj, FakeKey):
            return new, (type(obj),), self._key_state(obj), None, None, _set_key_state
        if isinstance(obj, IAMBackend):
            return new_iam, (obj.account_id,), iam_state(obj), None, None, set_iam_state
        if isinstance(obj, defaultdict) and type(obj) is not defaultdict:
            # The default reducer calls the class with a factory; subclasses take other arguments.
            return new, (type(obj),), (obj.default_factory, vars(obj), dict(obj)), None, None, set_dict_state
        for kinds, reduce in REDUCERS:
            if isinstance(obj, kinds):
                return reduce(obj)
        return NotImplemented

    def _key_state(self, key: FakeKey) -> dict[str, Any]:
        state = {name: value for name, value in vars(key).items() if name not in ("_value_buffer", "lock")}
        known = _blob_of_key.get(key)
        if known is None or known[0] != key.contentsize:
            value = key.value
            known = (key.contentsize, hashlib.sha256(value).hexdigest())
            _write_blob(self._blob_folder / known[1], value)
            _blob_of_key[key] = known
        return {**state, "value": _Blob(known[1])}


@dataclass(frozen=True)
class _Blob:
    """Content of an S3 object, pickled as the name of its file in the blob folder."""

    name: str


class _StateUnpickler(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, blob_folder: Path) -> None:
        super().__init__(file)
        self._blob_folder = blob_folder

    def persistent_load(self, pid: Any) -> Any:
        """The opposite of `persistent_id`."""
        kind, *rest = pid
        if kind == "service":
            return get_backend(rest[0])
        if kind == "account":
            return get_backend(rest[0])[rest[1]]
        if kind == "blob":
            return rest[0], (self._blob_folder / rest[0]).read_bytes()
        return fresh_iam(rest[0]).managed_policies[rest[1]]


def _kept_regions(regions: Mapping[str, Any]) -> dict[str, Any]:
    # Some services look into every AWS partition, which creates an empty backend in each.
    return {name: backend for name, backend in regions.items() if not name.startswith("aws-")}


def _set_key_state(key: FakeKey, state: dict[str, Any]) -> None:
    name, value = state.pop("value")
    key.__setstate__({**state, "value": value})
    _blob_of_key[key] = (len(value), name)


def _write_blob(path: Path, content: bytes) -> None:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial = path.with_suffix(".partial")
        partial.write_bytes(content)
        partial.replace(path)
