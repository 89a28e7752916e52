"""Which images a deployment runs: those of the sources, unless a rollback withholds them. Pure."""

from dataclasses import dataclass
from typing import Any

from infra.release.record import Release, Withheld


@dataclass(frozen=True, kw_only=True)
class Shipped:
    """One release as it is about to run."""

    web_image: str
    """By digest, as the proxy's."""
    proxy_image: str
    tag: str
    revision: str
    withheld: Withheld | None
    """The release of the present sources, when it is kept back."""

    def placed(self, **where: Any) -> Release:
        """The release as it would be on record; `where` are the fields of `Release` that say where it runs."""
        return Release(
            kind="release",
            at="",
            tag=self.tag,
            revision=self.revision,
            withheld=self.withheld,
            web_image=self.web_image,
            proxy_image=self.proxy_image,
            **where,
        )


def shipped(*, latest: Release | None, web_image: str, proxy_image: str, tag: str, revision: str) -> Shipped:
    """The sources' own images; the ones on record while the sources are still those that a rollback undid."""
    if latest and latest.withheld and latest.withheld.is_of(tag):
        return Shipped(
            web_image=latest.web_image,
            proxy_image=latest.proxy_image,
            tag=latest.tag,
            revision=latest.revision,
            withheld=latest.withheld,
        )
    return Shipped(web_image=web_image, proxy_image=proxy_image, tag=tag, revision=revision, withheld=None)
