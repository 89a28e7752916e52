"""The images that a deployment runs: those of the sources, or after a rollback those on record. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from infra.release.record import ReleaseRecord, RolledBack
from infra.release.reporting import ReleaseError


@dataclass(frozen=True, kw_only=True)
class ReleaseSpec:
    """A release to deploy. The fields are those of `ReleaseRecord`."""

    web_image: str
    proxy_image: str
    tag: str
    revision: str
    sources: str
    architecture: str
    processes: tuple[str, ...] = ()
    """Names of the processes that run in it."""
    schedules: Mapping[str, str] = field(default_factory=dict)
    """Expression and time zone of its schedules, by name."""
    rolled_back: RolledBack | None = None
    """The release of the present sources when a rollback undid it."""

    def to_record(self, **location: Any) -> ReleaseRecord:
        """The record of this release; `location` are the fields of `ReleaseRecord` that say where it runs."""
        return ReleaseRecord(
            kind="release",
            at="",
            tag=self.tag,
            revision=self.revision,
            sources=self.sources,
            architecture=self.architecture,
            rolled_back=self.rolled_back,
            web_image=self.web_image,
            proxy_image=self.proxy_image,
            schedules=dict(self.schedules),
            **location,
        )


def select_release(built: ReleaseSpec, latest: ReleaseRecord | None) -> ReleaseSpec:
    """The release on record while the sources are those that a rollback undid, else the one built from the sources.

    Raises ReleaseError when the release on record is built for another architecture than the settings ask for.
    """
    if latest is None or latest.rolled_back is None or not _was_rolled_back(built, latest, latest.rolled_back):
        return built
    if latest.architecture != built.architecture:
        raise ReleaseError(
            f"These sources are release {latest.rolled_back.number}, which was rolled back, so release "
            f"{latest.number} ({latest.tag}) stays. It is built for {latest.architecture}, not {built.architecture}. "
            f"Keep it with `pulumi config set architecture {latest.architecture}`, deploy release "
            f"{latest.rolled_back.number} again with `python -m ops forward`, or change the sources."
        )
    return ReleaseSpec(
        web_image=latest.web_image,
        proxy_image=latest.proxy_image,
        tag=latest.tag,
        revision=latest.revision,
        sources=latest.sources,
        architecture=latest.architecture,
        processes=latest.processes,
        schedules=latest.schedules,
        rolled_back=latest.rolled_back,
    )


def _was_rolled_back(built: ReleaseSpec, latest: ReleaseRecord, rolled_back: RolledBack) -> bool:
    """Whether the sources are those of the release that was rolled back.

    Settings choose base images and platform, so the same sources can have a new tag. When the release on record has
    the same sources too, the rollback undid such a setting, and another setting is the fix.
    """
    return rolled_back.has_content_of(built.tag) or built.sources == rolled_back.sources != latest.sources
