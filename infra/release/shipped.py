"""Which images a deployment runs: those of the sources, unless a rollback withholds them. Pure."""

from dataclasses import dataclass
from typing import Any

from infra.release.errors import ReleaseError
from infra.release.record import Release, Withheld


@dataclass(frozen=True, kw_only=True)
class Shipped:
    """One release as it is about to run."""

    web_image: str
    """By digest, as the proxy's."""
    proxy_image: str
    tag: str
    revision: str
    sources: str
    """As in `Release`, like the architecture."""
    architecture: str
    withheld: Withheld | None = None
    """The release of the present sources, when it is kept back."""

    def placed(self, **where: Any) -> Release:
        """The release as it would be on record; `where` are the fields of `Release` that say where it runs."""
        return Release(
            kind="release",
            at="",
            tag=self.tag,
            revision=self.revision,
            sources=self.sources,
            architecture=self.architecture,
            withheld=self.withheld,
            web_image=self.web_image,
            proxy_image=self.proxy_image,
            **where,
        )


def shipped(own: Shipped, latest: Release | None) -> Shipped:
    """What the sources make; what is on record while the sources are still those that a rollback undid.

    Raises ReleaseError when that is built for another architecture than the settings ask for.
    """
    if latest is None or latest.withheld is None or not _undone(own, latest, latest.withheld):
        return own
    if latest.architecture not in ("", own.architecture):
        raise ReleaseError(
            f"These sources are release {latest.withheld.number}, which a rollback withholds, and what stays instead, "
            f"{latest.tag}, is built for {latest.architecture}, not {own.architecture}. `pulumi config set "
            f"architecture {latest.architecture}` keeps it, `python -m ops forward` brings release "
            f"{latest.withheld.number} back, and changed sources go out as always."
        )
    return Shipped(
        web_image=latest.web_image,
        proxy_image=latest.proxy_image,
        tag=latest.tag,
        revision=latest.revision,
        sources=latest.sources,
        architecture=own.architecture,
        withheld=latest.withheld,
    )


def _undone(own: Shipped, latest: Release, withheld: Withheld) -> bool:
    """Settings choose base images and platform, so the same sources may be built anew, under another tag.

    Where a rollback undid no more than such a setting, what serves has the same sources, and another setting is the
    way to mend it.
    """
    return withheld.is_of(own.tag) or (bool(own.sources) and own.sources == withheld.sources != latest.sources)
