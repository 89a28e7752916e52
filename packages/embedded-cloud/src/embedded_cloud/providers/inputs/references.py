"""Find references to resources that do not exist, before anything is created."""

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from embedded_cloud.providers.call import Call
from embedded_cloud.providers.entry import Reference, ResourceType
from embedded_cloud.providers.failures import OperationError, is_missing


def check_references(entry: ResourceType, call: Call) -> None:
    """Raise OperationError, with property and value, for the first reference to a resource that does not exist."""
    for path, reference in entry.references.items():
        if not call.changed(path.split(".", maxsplit=1)[0]):
            continue
        for value in _values_at(call.inputs, path.split(".")):
            if not _exists(reference, call, value):
                raise OperationError(f'{path}: there is no {reference.label} "{value}"')


def _exists(reference: Reference, call: Call, value: str) -> bool:
    try:
        return bool(reference.exists(call, value))
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if is_missing(error) or "Malformed" in code or "Validation" in code or "Invalid" in code:
            return False
        raise


def _values_at(value: Any, path: list[str]) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _values_at(item, path)
    elif path and isinstance(value, Mapping):
        yield from _values_at(value.get(path[0]), path[1:])
    elif isinstance(value, str):
        yield value
