"""Reads hosting.toml and reports everything that is wrong in it at once."""

import difflib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from infra.application.manifest import FILE, Manifest
from infra.problem import Problem

Schema = Mapping[str, Any]
Location = tuple[int | str, ...]
SCHEMA: Schema = Manifest.model_json_schema()

_OWN = ("description", "examples")
"""What a field says about itself, which may be more than its type says."""
_TYPES = {
    "string_type": "must be text in quotes",
    "int_type": "must be a whole number without quotes",
    "bool_type": "must be true or false",
    "tuple_type": 'must be a list, such as ["one", "two"]',
    "model_type": "must be a table of keys and values",
    "dict_type": "must be a table of keys and values",
}
"""What pydantic's errors about types ask for, as TOML calls it."""


def read_manifest(folder: Path) -> tuple[Manifest, list[Problem]]:
    """The manifest of an application, and what is wrong in it. Without the file it is empty; with problems too."""
    try:
        content = tomllib.loads((folder / FILE).read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return Manifest(), []
    except OSError as error:
        return Manifest(), [Problem(FILE, None, f"cannot be read: {error.strerror}", "make it a readable file")]
    except ValueError as error:
        return Manifest(), [Problem(FILE, None, f"is no TOML: {error}", "docs/hosting-toml.md has a full example")]
    try:
        # Strict JSON, because a list of TOML is a tuple of the model.
        return Manifest.model_validate_json(json.dumps(content, default=str)), []
    except ValidationError as error:
        errors = error.errors()
        # A list without its wrong items may be too short, and a value of several types has an error for each.
        inner = [one for one in errors if not any(_is_inside(other["loc"], one["loc"]) for other in errors)]
        problems = {(one.key, str(one.value)): one for one in map(_problem, inner)}
        return Manifest(), list(problems.values())


def _is_inside(location: Location, outer: Location) -> bool:
    return len(location) > len(outer) and location[: len(outer)] == outer


def _problem(error: Mapping[str, Any]) -> Problem:
    location = error["loc"]
    if location[-1] == "[key]":
        # The name itself is refused: what counts is the table that it stands in.
        location = (*location[:-2], "[key]")
    location, field = _resolve(location)
    kind, value = error["type"], error["input"]
    if kind == "extra_forbidden":
        unknown = _dotted(error["loc"])
        return Problem(f"{FILE}: {unknown}", None, "is not a key of hosting.toml", _nearest_key(unknown))
    if kind in {"missing", "value_error"}:
        value = None
    rule, fix = _rule_and_fix(kind, error, field)
    return Problem(f"{FILE}: {_dotted(location)}", value, rule, fix or _about(field))


def _rule_and_fix(kind: str, error: Mapping[str, Any], field: Schema) -> tuple[str, str]:
    """The rule that a value breaks, and a fix where the error knows a better one than the field's description."""
    if kind == "string_pattern_mismatch":
        return field["$comment"], ""
    if kind == "literal_error":
        choices = str(error["ctx"]["expected"])
        near = difflib.get_close_matches(str(error["input"]), re.findall(r"'(.*?)'", choices), n=1)
        return f"must be {choices}", f"did you mean {near[0]}?" if near else ""
    if kind == "value_error":
        rule, _, fix = str(error["ctx"]["error"]).partition("; ")
        return rule, fix
    message = str(error["msg"]).replace("Input should be", "must be").replace("Tuple should", "must")
    known = {"missing": "is missing", **_TYPES}
    return known.get(kind, message.partition(" after validation")[0]), ""


def _about(field: Schema) -> str:
    """The field's description and an example."""
    example = f", such as {json.dumps(field['examples'][0])}" if "examples" in field else ""
    return f"{field.get('description', 'see docs/hosting-toml.md').rstrip('.')}{example}"


def _nearest_key(unknown: str) -> str:
    """The key that was probably meant: of the same name in another table, or of a similar one."""
    known = list(_keys(SCHEMA))
    last = unknown.rpartition(".")[2]
    near = [key for key in known if key.rpartition(".")[2] == last]
    near = near or difflib.get_close_matches(unknown, known, n=1, cutoff=0.6)
    return f"did you mean {near[0]}?" if near else "remove it; docs/hosting-toml.md has every key"


def _keys(schema: Schema, prefix: str = "") -> Iterator[str]:
    value = _value(schema)
    if isinstance(named := value.get("additionalProperties"), Mapping):
        yield from _keys(named, f"{prefix}<name>.")
    for name, field in _value(value.get("items", value)).get("properties", {}).items():
        yield f"{prefix}{name}"
        yield from _keys(field, f"{prefix}{name}.")


def _resolve(location: Location) -> tuple[Location, Schema]:
    """The part of an error's location that the file has too, and the declaration of the field.

    pydantic adds steps of its own, such as the type that it tried.
    """
    field: Schema = {key: SCHEMA[key] for key in ("properties", "$defs")}
    for depth, step in enumerate(location):
        inner = _inner(field, step)
        if inner is None:
            return location[:depth], field
        # The description of a list also holds for its items, unless they have their own.
        about = {"description": field["description"]} if "description" in field else {}
        field = {**about, **_value(inner), **{key: inner[key] for key in _OWN if key in inner}}
    return location, field


def _inner(value: Schema, step: int | str) -> Any:
    """The declaration of an item of a list, of a key of a table, or of any key of a free table."""
    if isinstance(step, int):
        return value.get("items")
    if "properties" in value:
        return value["properties"].get(step)
    if step == "[key]":
        return value.get("propertyNames")
    return value.get("additionalProperties") or next(iter(value.get("patternProperties", {}).values()), None)


def _value(field: Schema) -> Schema:
    """The declaration of a field's value, behind a reference or `or null`."""
    if "$ref" in field:
        return {**SCHEMA["$defs"][field["$ref"].rpartition("/")[2]]}
    if "anyOf" in field:
        return _value(next(one for one in field["anyOf"] if one.get("type") != "null"))
    return field


def _dotted(location: Location) -> str:
    words = [step for step in location if step != "[key]"]
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in words)
    return text.removeprefix(".")
