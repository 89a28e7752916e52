"""The projects that this one is measured against, one folder each in bench/peers.

peer.toml names their choices, each with the file that makes it, at a commit. The Dockerfile and nginx.conf beside it
are written from these choices; no code is copied.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).with_name("peers")
PARTS = ("image", "serving", "start", "rollout")


@dataclass(frozen=True, kw_only=True)
class Serving:
    """How a peer starts its application server."""

    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Rollout:
    """A peer's settings of target group and service, in seconds and percent."""

    interval_seconds: int
    timeout_seconds: int
    healthy_threshold: int
    unhealthy_threshold: int
    drain_seconds: int
    minimum_percent: int
    maximum_percent: int

    @property
    def configured_wait_seconds(self) -> tuple[int, int]:
        """Shortest and longest wait: one or all passes of the health check, then the whole drain."""
        checks = self.interval_seconds, self.interval_seconds * self.healthy_threshold
        return checks[0] + self.drain_seconds, checks[1] + self.drain_seconds


@dataclass(frozen=True, kw_only=True)
class Peer:
    """One peer. A part that is None is not measured."""

    name: str
    """Name of its folder."""
    title: str
    source: str
    commit: str
    choices: Mapping[str, Mapping[str, str]]
    """Part of the bench to the peer's file to its choice."""
    added_packages: tuple[str, ...] = ()
    serving: Serving | None = None
    start: Serving | None = None
    """Command of a starting container; empty for the image's own."""
    rollout: Rollout | None = None

    @property
    def folder(self) -> Path:
        """The folder with peer.toml, Dockerfile and nginx.conf."""
        return FOLDER / self.name

    @property
    def has_image(self) -> bool:
        """Whether there is a Dockerfile."""
        return (self.folder / "Dockerfile").exists()


def load() -> dict[str, Peer]:
    """Peers by the name of their folder."""
    return {path.parent.name: _read(path) for path in sorted(FOLDER.glob("*/peer.toml"))}


def _read(path: Path) -> Peer:
    content = tomllib.loads(path.read_text())
    packages = content.get("image_packages", {})
    parts: dict[str, dict[str, Any]] = {name: dict(content[name]) for name in PARTS if name in content}
    choices = {name: part.pop("sources") for name, part in parts.items() if name != "image"}
    rollout = parts.get("rollout")
    return Peer(
        name=path.parent.name,
        title=content["title"],
        source=content["source"],
        commit=content["commit"],
        choices={name: choices.get(name, part) for name, part in parts.items()},
        added_packages=tuple(packages.get("add", ())),
        serving=_serving(parts.get("serving")),
        start=_serving(parts.get("start")),
        rollout=Rollout(**rollout) if rollout else None,
    )


def _serving(part: dict[str, Any] | None) -> Serving | None:
    return Serving(command=tuple(part["command"]), environment=part.get("environment", {})) if part else None
