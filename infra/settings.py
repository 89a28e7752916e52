"""Every setting of the system, read once; wrong ones are refused together, before any resource."""

import difflib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env, is_config_secret

from infra import name_rules, settings_rules
from infra.problem import Problem, key_of, set_command


class SettingsError(pulumi.RunError):
    """Says key, value, rule and fix for each wrong setting; Pulumi prints it without a traceback."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        count = "One setting is" if len(problems) == 1 else f"{len(problems)} settings are"
        super().__init__(f"{count} wrong. No resource was touched.\n\n" + "\n\n".join(map(str, problems)))


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The stack's settings; meaning, unit and default of each are in Pulumi.yaml, and a test keeps both files equal."""

    region: str
    """`aws:region`, the only setting that belongs to the provider."""
    domain: str = "app.preqly.com"
    aliases: tuple[str, ...] = ()
    zone: str = "preqly.com"
    create_zone: bool = False
    allowed_hosts: tuple[str, ...] = ()
    vpc_cidr: str = "10.20.0.0/16"
    egress: str = "gateway"
    hosting: str = "fargate"
    vm_instance_type: str = "t4g.small"
    vm_certificate: str = "letsencrypt"
    acme_server: str = "https://acme-v02.api.letsencrypt.org/directory"
    architecture: str = "arm64"
    task_cpu: int = 256
    task_memory: int = 512
    min_tasks: int = 2
    max_tasks: int = 10
    scale_at_cpu_percent: int = 70
    python_image: str = "python:3.13-slim-trixie"
    nginx_image: str = "nginx:1.28-trixie"
    database_class: str = "db.t4g.micro"
    database_storage_gb: int = 20
    database_max_storage_gb: int = 100
    database_multi_az: bool = False
    database_backup_days: int = 14
    database_version: str = "17"
    database_final_snapshot: bool = True
    snapshots_before_migration: int = 3
    alarm_email: str = ""
    email_url: str = "unset://"
    email_from: str = ""
    monthly_budget_usd: int = 0
    waf: bool = False
    secrets_generation: int = 1
    secret_key_fallbacks: int = 1
    protect: bool = True
    log_days: int = 365

    @classmethod
    def load(cls, config: pulumi.Config, region: str | None) -> "Settings":
        """Read and check every setting.

        Raises SettingsError that lists every wrong value, every unreadable one and every key that does not exist.
        """
        values: dict[str, Any] = {"region": region or ""}
        unreadable: dict[str, Problem] = {}
        for field in fields(cls):
            key = key_of(field.name)
            raw = None if field.name == "region" else config.get(key)
            if raw is None:
                continue
            try:
                values[field.name] = _READERS[field.type](raw)
            except ValueError as error:
                fix = set_command(field.name, "<value>")
                unreadable[field.name] = Problem(config.full_key(key), raw, str(error), fix)
        settings = cls(**{**values, **_fitting_defaults(values)})
        wrong = settings_rules.problems(settings, config.name, skip=unreadable)
        wrong += _passwords_in_the_clear(config, settings)
        problems = [_without_secret(problem) for problem in (*unreadable.values(), *_unknown_keys(config), *wrong)]
        if problems:
            raise SettingsError(problems)
        return settings

    @property
    def way_out(self) -> str:
        """`egress` of what serves: a machine has its own address, whatever the tasks would have."""
        return "public" if self.hosting == "vm" else self.egress

    @property
    def sender(self) -> str:
        """The address the site's mail comes from."""
        return self.email_from or f"no-reply@{self.domain}"

    @property
    def sends_with_ses(self) -> bool:
        """Whether the stack makes the sender's domain known to Amazon SES and lets the tasks send for it."""
        return self.email_url == name_rules.SES

    @property
    def hosts(self) -> tuple[str, ...]:
        """The names people may type: the domain first, then its aliases."""
        return (self.domain, *self.aliases)


def _fitting_defaults(given: Mapping[str, Any]) -> dict[str, Any]:
    """Where the default depends on other settings: on one machine, and in a stack that goes with all its data.

    The engine hands over what Pulumi.yaml declares as if it were written, so the default itself counts as not written.
    """
    fitting = {}
    if given.get("hosting") == "vm":
        fitting["min_tasks"] = 1
    if not (
        given.get("protect", Settings.protect) or given.get("database_final_snapshot", Settings.database_final_snapshot)
    ):
        # Nobody would delete them, and a month later their key is gone.
        fitting["snapshots_before_migration"] = 0
    return {name: value for name, value in fitting.items() if given.get(name) in (None, getattr(Settings, name))}


def _passwords_in_the_clear(config: pulumi.Config, settings: Settings) -> list[Problem]:
    key = config.full_key(key_of("email_url"))
    if "@" not in settings.email_url or is_config_secret(key):
        return []
    rule = "holds a password, and the stack's settings file keeps only secret values encrypted"
    return [Problem(key, "[secret]", rule, "pulumi config set --secret emailUrl")]


def _without_secret(problem: Problem) -> Problem:
    """The same problem without its value where the configuration keeps that encrypted, or should."""
    hidden = is_config_secret(problem.key) or problem.key.endswith(f":{key_of('email_url')}")
    return replace(problem, value="[secret]") if hidden else problem


def _unknown_keys(config: pulumi.Config) -> list[Problem]:
    """One problem per key of this project that no setting has, with the nearest name that exists."""
    known = [key_of(field.name) for field in fields(Settings) if field.name != "region"]
    given = {**get_config_env(), **CONFIG.get()}
    problems = []
    for full_key in sorted(given):
        project, _, key = full_key.partition(":")
        if project == config.name and key not in known:
            nearest = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
            fix = f"did you mean {nearest[0]}? " if nearest else ""
            fix += f"pulumi config rm {key}"
            problems.append(Problem(full_key, given[full_key], "is not a setting of this project", fix))
    return problems


def _read_int(raw: str) -> int:
    try:
        return int(raw)
    except ValueError:
        raise ValueError("must be a whole number") from None


def _read_bool(raw: str) -> bool:
    if raw not in ("true", "false"):
        raise ValueError("must be true or false")
    return raw == "true"


def _read_list(raw: str) -> tuple[str, ...]:
    try:
        value = json.loads(raw)
    except json.JSONDecodeError:
        value = None
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError("must be a list of strings")
    return tuple(value)


_READERS: dict[Any, Callable[[str], object]] = {
    str: str,
    int: _read_int,
    bool: _read_bool,
    tuple[str, ...]: _read_list,
}
