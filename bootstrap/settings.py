"""Settings of the bootstrap stack, and what it has to know of the program that the pipelines deploy."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from bootstrap import hosted
from infra.dns.record_sets import is_within
from infra.permissions.permission import Permission
from infra.problem import Problem, SettingsError
from infra.secrets.reference import legal_references

_REPOSITORY = re.compile(r"[A-Za-z0-9](-?[A-Za-z0-9]){0,38}/[A-Za-z0-9._-]{1,100}")
_STACK = re.compile(r"[a-z][a-z0-9-]{0,29}")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of bootstrap/Pulumi.yaml, and the hosted program's project, stack and zone."""

    region: str
    repository: str
    """owner/name"""
    repository_id: int
    owner_id: int
    create_oidc_provider: bool
    create_state: bool
    project: str
    """Project of the hosted program."""
    stack: str
    """The hosted stack, which has this stack's name."""
    zone: str
    """Route 53 zone of the hosted stack."""
    existing_secrets: tuple[str, ...] = ()
    """ARNs of the hosted stack's setting `existingSecrets`."""
    other_names: tuple[str, ...] = ()
    """Aliases of the hosted stack that are not in its zone."""
    permissions: tuple[Permission, ...] = ()
    """What the hosted application calls besides."""


def load_settings(config: pulumi.Config, region: str | None, stack: str) -> Settings:
    """Read and check every setting. Raises SettingsError with all wrong ones."""
    zone = str(hosted.setting(stack, "zone"))
    permissions, wrong = hosted.permissions(stack)
    settings = Settings(
        region=region or "",
        repository=config.require("repository"),
        repository_id=config.require_int("repositoryId"),
        owner_id=config.require_int("ownerId"),
        create_oidc_provider=config.get_bool("createOidcProvider") is not False,
        create_state=config.get_bool("createState") is not False,
        project=hosted.project(),
        stack=stack,
        zone=zone,
        existing_secrets=_arns(hosted.setting(stack, "existingSecrets")),
        other_names=tuple(name for name in hosted.setting(stack, "aliases") if not is_within(name, zone)),
        permissions=permissions,
    )
    if found := [*problems(settings, config.name), *wrong]:
        raise SettingsError(found)
    return settings


def _arns(existing: Mapping[str, object]) -> tuple[str, ...]:
    """The different secrets. A reference that is none is refused by the hosted program itself."""
    return tuple(sorted({reference.arn for reference in legal_references(existing).values()}))


def problems(settings: Settings, project: str) -> list[Problem]:
    """Everything wrong with the settings."""
    found = []
    if not _REPOSITORY.fullmatch(settings.repository):
        fix = "pulumi config set repository owner/name"
        found.append(Problem(f"{project}:repository", settings.repository, "must be owner/name", fix))
    for key, value, path in (
        ("repositoryId", settings.repository_id, ".id"),
        ("ownerId", settings.owner_id, ".owner.id"),
    ):
        if value < 1:
            rule = "must be GitHub's number, or the roles would trust a name that anyone may register later"
            fix = f"pulumi config set {key} $(gh api repos/{settings.repository} --jq {path})"
            found.append(Problem(f"{project}:{key}", value, rule, fix))
    if not settings.region:
        fix = "pulumi config set aws:region us-east-1"
        found.append(Problem("aws:region", "", "must be the region of the hosted stack", fix))
    if not _STACK.fullmatch(settings.stack):
        rule = "must have the hosted stack's name: small letters, digits and hyphens, at most 30"
        found.append(Problem("stack", settings.stack, rule, "pulumi stack rename prod"))
    return found
