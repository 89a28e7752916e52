"""The stack's settings as typed, immutable values; Pulumi.yaml declares name, type, default and meaning of each."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from django_hosting import service_urls
from infra.problem import key_of

HTTPS = 443
SES = "ses://"
"""Value of `emailUrl` that sends mail through Amazon SES with the task role's permissions."""

_TYPES: dict[str, Any] = {"string": str, "integer": int, "boolean": bool, "object": Mapping[str, str]}
_NESTED: dict[str, Any] = {"processes": Mapping[str, Mapping[str, int]]}
"""Settings whose members are objects themselves."""
_LISTS: dict[str, Any] = {"string": tuple[str, ...], "integer": tuple[int, ...]}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One field per setting of Pulumi.yaml; importing this module fails when names or types differ."""

    region: str
    """`aws:region`, the only setting that belongs to the provider."""
    domain: str
    aliases: tuple[str, ...]
    zone: str
    zone_id: str
    create_zone: bool
    dns_records: str
    certificate_arn: str
    allowed_hosts: tuple[str, ...]
    trusted_proxies: tuple[str, ...]
    vpc_cidr: str
    egress: str
    egress_ports: tuple[int, ...]
    hsts: str
    hosting: str
    architecture: str
    task_cpu: int
    task_memory: int
    min_tasks: int
    max_tasks: int
    scale_at_cpu_percent: int
    scale_at_requests_per_vcpu: int
    processes: Mapping[str, Mapping[str, int]]
    """Numbers of the stack for processes of hosting.toml, by their names (infra/settings/process_rules.py)."""
    disabled_schedules: tuple[str, ...]
    web_threads: int
    request_timeout_seconds: int
    application: str
    python_image: str
    """Empty follows the application's Python version."""
    node_image: str
    nginx_image: str
    database_class: str
    database_storage_gb: int
    database_max_storage_gb: int
    database_multi_az: bool
    database_backup_days: int
    database_version: str
    database_final_snapshot: bool
    snapshots_before_migration: int
    cache: str
    cache_node_type: str
    cache_replicas: int
    cache_snapshot_days: int
    alarm_email: str
    email_url: str
    email_from: str
    adopt_email_identity: bool
    monthly_budget_usd: int
    waf: bool
    waf_blocks: tuple[str, ...]
    environment: Mapping[str, str]
    """Read-only, as the other objects; every value is text."""
    public_variables: tuple[str, ...]
    secret_environment: Mapping[str, str] = field(repr=False)
    """Plain text: it goes nowhere but into a Pulumi secret."""
    existing_secrets: Mapping[str, str]
    secrets_generation: int
    secret_key_fallbacks: int
    permissions_boundary: str
    protect: bool
    log_days: int

    @property
    def sender(self) -> str:
        """The address that the site's mail comes from."""
        return self.email_from or f"no-reply@{self.domain}"

    @property
    def has_cache(self) -> bool:
        """Whether the stack has a cache that all tasks share, besides the database."""
        return self.cache == "valkey"

    @property
    def sends_with_ses(self) -> bool:
        """Whether mail goes through Amazon SES, so that the stack verifies the sender's domain there."""
        return self.email_url == SES

    @property
    def internet_ports(self) -> tuple[int, ...]:
        """TCP ports besides 443 that tasks call on the internet: `egressPorts` and that of the mail server."""
        server = service_urls.mail(self.email_url).server
        return tuple(sorted({*self.egress_ports, *([server.port] if server else [])} - {HTTPS}))

    @property
    def hosts(self) -> tuple[str, ...]:
        """Every name of the site: the domain, then its aliases."""
        return (self.domain, *self.aliases)


def _defaults() -> dict[str, Any]:
    """Default per field, read from Pulumi.yaml. Raises TypeError when a name or a type differs from the class."""
    project_file = Path(__file__).parents[2] / "Pulumi.yaml"
    config: dict[str, Any] = yaml.safe_load(project_file.read_text())["config"]
    declared = {key: setting for key, setting in config.items() if ":" not in key}
    field_types = {key_of(field.name): field.type for field in fields(Settings) if field.name != "region"}
    declared_types = {key: _NESTED.get(key) or _type(setting) for key, setting in declared.items()}
    different = sorted({key for key, _ in field_types.items() ^ declared_types.items()})
    if different:
        raise TypeError(
            f"{', '.join(different)}: Pulumi.yaml and the class Settings ({__file__}) differ in name or type"
        )
    values = {
        field.name: declared[key_of(field.name)]["default"] for field in fields(Settings) if field.name != "region"
    }
    return {name: _immutable(value) for name, value in values.items()}


def _immutable(value: Any) -> Any:
    if isinstance(value, dict):
        return MappingProxyType(value)
    return tuple(value) if isinstance(value, list) else value


def _type(declared: dict[str, Any]) -> Any:
    """The type of a declaration in Pulumi.yaml."""
    return _LISTS[declared["items"]["type"]] if declared["type"] == "array" else _TYPES[declared["type"]]


DEFAULTS: Mapping[str, Any] = _defaults()
"""Default value of every field but `region`."""
