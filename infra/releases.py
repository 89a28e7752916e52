"""The stack's release record, and what it has to say about the release that is about to be made."""

from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_aws as aws

from infra.release.errors import ReleaseError
from infra.release.hooks import ReleaseFailed
from infra.release.pending import pending_migrations
from infra.release.record import FIRST_VALUE, Release, Withheld, parameter_name
from infra.release.shipped import Shipped, shipped


@dataclass(frozen=True, kw_only=True)
class Sources:
    """The release that the present sources make."""

    web_image: pulumi.Input[str]
    proxy_image: pulumi.Input[str]
    tag: pulumi.Input[str]
    revision: str
    content: str
    """Hash of the files that the images are built from."""
    architecture: str


class Releases(pulumi.ComponentResource):
    """One SSM parameter, of which every version is a release; Pulumi makes it and never writes it again."""

    parameter: pulumi.Output[str]
    latest: pulumi.Output[Release | None]
    """On record when the program started, so previews know it too; None before the first release."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("preqly:infra:Releases", name, None, opts)
        fixed = parameter_name(pulumi.get_project(), pulumi.get_stack())
        parameter = aws.ssm.Parameter(
            f"{name}-record",
            name=fixed,
            type="String",
            value=FIRST_VALUE,
            description="Releases of the site, one a version; written by `pulumi up` and `python -m ops`",
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["value"]),
        )
        # By path, because that is no error while there is no parameter: before the first deploy.
        found = aws.ssm.get_parameters_by_path_output(
            path=fixed.rpartition("/")[0], opts=pulumi.InvokeOutputOptions(parent=self)
        )
        values = pulumi.Output.unsecret(pulumi.Output.all(found.names, found.values))
        self.parameter = parameter.name
        self.latest = values.apply(lambda both: _latest(dict(zip(*both, strict=True)).get(fixed, FIRST_VALUE), fixed))
        self.register_outputs({"parameter": self.parameter})

    def shipped(self, sources: Sources) -> pulumi.Output[Shipped]:
        """What is to run: the present sources, or what a rollback put in their place. Says so in a warning."""
        return pulumi.Output.all(
            latest=self.latest,
            web_image=sources.web_image,
            proxy_image=sources.proxy_image,
            tag=sources.tag,
        ).apply(lambda known: self._shipped(sources, **known))

    def tell_pending(self, sources: Path) -> None:
        """In a preview, says which of the project's own migrations the release would run, when that can be known."""
        if pulumi.runtime.is_dry_run():
            self.latest.apply(lambda latest: self._tell_pending(latest, sources))

    def _tell_pending(self, latest: Release | None, sources: Path) -> None:
        # After a rollback the record knows less than the database.
        pending = pending_migrations(sources, latest.heads) if latest and not latest.withheld else []
        if pending:
            pulumi.log.info(f"These sources would migrate: {', '.join(pending)}", self)

    def _shipped(self, sources: Sources, *, latest: Release | None, **built: str) -> Shipped:
        content, architecture = sources.content, sources.architecture
        own = Shipped(revision=sources.revision, sources=content, architecture=architecture, withheld=None, **built)
        try:
            return self._told(shipped(own, latest))
        except ReleaseError as error:
            raise ReleaseFailed(str(error)) from None

    def _told(self, ships: Shipped) -> Shipped:
        withheld: Withheld | None = ships.withheld
        if withheld:
            pulumi.log.warn(
                f"These sources are release {withheld.number}, which a rollback withholds, so {ships.tag} stays, "
                "with the base images it was built on. Change the sources, or bring it back with "
                "`python -m ops forward`.",
                self,
            )
        return ships


def _latest(value: str, name: str) -> Release | None:
    if value == FIRST_VALUE:
        return None
    try:
        return Release.from_json(value)
    except (ValueError, ReleaseError) as error:
        raise ReleaseFailed(
            f"SSM parameter {name} holds no release record: {error}. Only `pulumi up` and `python -m ops` may write "
            f"it; put the last good value of `aws ssm get-parameter-history --name {name}` back."
        ) from None
