"""The SSM parameter with the release record, and the release that the record and the sources select."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pulumi
import pulumi_aws as aws

from infra.naming import parameter_name
from infra.release.history import INITIAL_VALUE, parse_record
from infra.release.hooks import ReleaseFailed
from infra.release.record import ReleaseRecord, unsupported_hosting
from infra.release.reporting import ReleaseError
from infra.release.spec import ReleaseSpec, select_release

_MIGRATION = re.compile(r"\d{4}_\w+")


@dataclass(frozen=True, kw_only=True)
class Build:
    """The images built from the present sources. The fields are those of `ReleaseRecord`."""

    web_image: pulumi.Input[str]
    proxy_image: pulumi.Input[str]
    tag: pulumi.Input[str]
    revision: str
    sources: str
    architecture: str
    processes: tuple[str, ...] = ()
    """Names of those that hosting.toml declares."""
    schedules: Mapping[str, str] = field(default_factory=dict)
    """As in `ReleaseSpec`."""


class Releases(pulumi.ComponentResource):
    """The release record. Pulumi creates the parameter and never writes its value again."""

    parameter: pulumi.Output[str]
    latest: pulumi.Output[ReleaseRecord | None]
    """The last release when the program started, in previews too; None before the first release."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("preqly:infra:Releases", name, None, opts)
        fixed_name = parameter_name(pulumi.get_project(), pulumi.get_stack())
        parameter = aws.ssm.Parameter(
            f"{name}-record",
            name=fixed_name,
            type="String",
            value=INITIAL_VALUE,
            description="Releases of the site, one a version; written by `pulumi up` and `python -m ops`",
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["value"]),
        )
        # By path: before the first deploy this returns nothing, where a query by name fails.
        found = aws.ssm.get_parameters_by_path_output(
            path=fixed_name.rpartition("/")[0], opts=pulumi.InvokeOutputOptions(parent=self)
        )
        values = pulumi.Output.unsecret(pulumi.Output.all(found.names, found.values))
        self.parameter = parameter.name
        self.latest = values.apply(
            lambda both: _latest(dict(zip(*both, strict=True)).get(fixed_name, INITIAL_VALUE), fixed_name)
        )
        self.register_outputs({"parameter": self.parameter})

    def select(self, build: Build) -> pulumi.Output[ReleaseSpec]:
        """The release to deploy. Warns when a rollback keeps the present sources from being deployed."""
        return pulumi.Output.all(
            latest=self.latest, web_image=build.web_image, proxy_image=build.proxy_image, tag=build.tag
        ).apply(lambda known: self._select(build, **known))

    def report_pending_migrations(self, sources: Path) -> None:
        """In a preview, report which migrations of the project's own apps the release would run."""
        if pulumi.runtime.is_dry_run():
            self.latest.apply(lambda latest: self._report_pending_migrations(latest, sources))

    def _report_pending_migrations(self, latest: ReleaseRecord | None, sources: Path) -> None:
        # After a rollback the record lacks migrations that the database has.
        pending = _pending_migrations(sources, latest.heads) if latest and not latest.rolled_back else []
        if pending:
            pulumi.log.info(f"These sources would migrate: {', '.join(pending)}", self)

    def _select(
        self, build: Build, *, latest: ReleaseRecord | None, web_image: str, proxy_image: str, tag: str
    ) -> ReleaseSpec:
        built = ReleaseSpec(
            web_image=web_image,
            proxy_image=proxy_image,
            tag=tag,
            revision=build.revision,
            sources=build.sources,
            architecture=build.architecture,
            processes=build.processes,
            schedules=build.schedules,
        )
        try:
            selected = select_release(built, latest)
        except ReleaseError as error:
            raise ReleaseFailed(str(error)) from None
        if selected.rolled_back:
            pulumi.log.warn(
                f"These sources are release {selected.rolled_back.number}, which was rolled back, so {selected.tag} "
                "stays, with its base images. Change the sources, or deploy the release again with "
                "`python -m ops forward`.",
                self,
            )
        return selected


def _latest(value: str, name: str) -> ReleaseRecord | None:
    if value == INITIAL_VALUE:
        return None
    try:
        latest = parse_record(value, name)
    except ReleaseError as error:
        raise ReleaseFailed(str(error)) from None
    if problem := unsupported_hosting(latest):
        raise ReleaseFailed(problem)
    return latest


def _pending_migrations(sources: Path, heads: Mapping[str, str]) -> list[str]:
    """Migrations of the project's own apps that are newer than `heads`, as `<app>.<name>`.

    Leaves out apps whose recorded migration is not in the sources, and installed apps, whose migrations are elsewhere.
    """
    found: list[str] = []
    for folder in sorted(sources.glob("*/migrations")):
        app = folder.parent.name
        names = sorted(path.stem for path in folder.glob("*.py") if _MIGRATION.fullmatch(path.stem))
        head = heads.get(app)
        if head is None:
            found += [f"{app}.{name}" for name in names]
        elif head in names:
            found += [f"{app}.{name}" for name in names[names.index(head) + 1 :]]
    return found
