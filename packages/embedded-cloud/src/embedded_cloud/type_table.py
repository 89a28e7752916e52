"""Table of the supported resource types."""

from dataclasses import dataclass

from embedded_cloud.providers.catalog import PACKAGES, catalog


@dataclass(frozen=True)
class SupportedType:
    """One row of the table."""

    token: str
    """`aws:ecs/service:Service`."""
    service: str
    """Module of the SDK (`ecs`), or its package (`docker`)."""
    effect: str
    """What happens on this machine; empty when the API stores the resource and nothing acts on it."""


def resource_types() -> list[SupportedType]:
    """Every supported resource type, by token."""
    entries = [entry for package in PACKAGES for entry in catalog(package).resources.values()]
    rows = [SupportedType(entry.token, _service(entry.token), entry.effect) for entry in entries]
    return sorted(rows, key=lambda row: row.token)


def as_text(rows: list[SupportedType]) -> str:
    """The table as text, one type a line."""
    token, service = (max(len(getattr(row, name)) for row in rows) for name in ("token", "service"))
    lines = [f"{row.token:{token}}  {row.service:{service}}  {row.effect or 'stored only'}" for row in rows]
    return "\n".join(lines) + "\n"


def _service(token: str) -> str:
    package, module, _ = token.split(":")
    service = module.partition("/")[0]
    return package if service == "index" else service
