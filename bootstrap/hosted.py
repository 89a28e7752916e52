"""The program that the pipelines deploy, as its settings files describe it."""

from pathlib import Path
from typing import Any

import yaml

from infra.application.manifest_file import read_manifest
from infra.permissions.permission import Permission
from infra.problem import Problem

FOLDER = Path(__file__).parents[1]


def project() -> str:
    """Name of the hosted project."""
    return str(_read("Pulumi.yaml")["name"])


def setting(stack: str, key: str) -> Any:
    """A setting of a stack: its own value, or the default. As in Pulumi, a key may stand without the project's name."""
    declared = _read("Pulumi.yaml")
    own: dict[str, Any] = _read(f"Pulumi.{stack}.yaml").get("config") or {}
    return own.get(key, own.get(f"{declared['name']}:{key}", declared["config"][key]["default"]))


def permissions(stack: str) -> tuple[tuple[Permission, ...], list[Problem]]:
    """What the application of a stack calls, and what is wrong in its manifest."""
    manifest, problems = read_manifest(FOLDER / str(setting(stack, "application")))
    return manifest.permissions, problems


def _read(name: str) -> dict[str, Any]:
    path = FOLDER / name
    content: dict[str, Any] = yaml.safe_load(path.read_text()) if path.exists() else {}
    return content
