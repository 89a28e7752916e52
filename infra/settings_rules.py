"""What each setting may be: pure rules, each answering with the problems it finds, worded for the operator."""

import ipaddress
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from infra import addressing, fargate_size

if TYPE_CHECKING:
    from infra.settings import Settings

CHOICES = {
    "hosting": ("fargate",),
    "egress": ("gateway", "public", "endpoints"),
    "architecture": ("arm64", "x86_64"),
}

LOG_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
"""The retentions CloudWatch Logs accepts (API reference of PutRetentionPolicy)."""

BOUNDS = {
    "min_tasks": (1, 1000),
    "max_tasks": (1, 1000),
    "scale_at_cpu_percent": (10, 95),
    "database_storage_gb": (20, 65536),
    "database_backup_days": (1, 35),
    "secrets_generation": (1, 1_000_000),
    "monthly_budget_usd": (0, 1_000_000),
}
"""Smallest and largest legal number: ECS's quota of tasks, RDS's gp3 storage and backup window; the rest is sense."""

_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_HOST_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})+")
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")
_DATABASE_CLASS = re.compile(r"db\.[a-z0-9-]+\.[a-z0-9]+")
_E_MAIL = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;]+")
_IMAGE = re.compile(r"[a-z0-9][a-z0-9._:/-]*(:[\w][\w.-]{0,127}|@sha256:[0-9a-f]{64})")

# ACM: 10 names on one certificate by default, the first of at most 64 octets.
MAX_ALIASES = 9
MAX_DOMAIN_LENGTH = 64
OLDEST_POSTGRES = 14  # the oldest that Django 5.2 supports


@dataclass(frozen=True)
class Problem:
    """One wrong setting: where it is, what it says, the rule it breaks and how to mend it."""

    key: str
    value: object
    rule: str
    fix: str

    def __str__(self) -> str:
        return f"  {self.key} = {_shown(self.value)}\n    rule: {self.rule}\n    fix:  {self.fix}"


@dataclass(frozen=True)
class _Finding:
    """A broken rule; `fields` are the settings involved, first the one to change."""

    fields: tuple[str, ...]
    rule: str
    fix: str


def problems(settings: "Settings", project: str, skip: Collection[str] = ()) -> list[Problem]:
    """Everything wrong with the settings, in the order of the rules.

    Findings that involve a key of `skip` are left out: it could not be read, so they would blame a value nobody wrote.
    """
    found = (finding for rule in _RULES for finding in rule(settings))
    return [
        Problem(_full_key(finding.fields[0], project), getattr(settings, finding.fields[0]), finding.rule, finding.fix)
        for finding in found
        if not any(key_of(name) in skip for name in finding.fields)
    ]


def key_of(field: str) -> str:
    """The configuration key of a field: `task_cpu` is `taskCpu`."""
    head, *tail = field.split("_")
    return head + "".join(word.capitalize() for word in tail)


def _full_key(field: str, project: str) -> str:
    return "aws:region" if field == "region" else f"{project}:{key_of(field)}"


def _shown(value: object) -> str:
    return ", ".join(value) if isinstance(value, tuple) else f'"{value}"' if isinstance(value, str) else str(value)


def _set(field: str, value: object) -> str:
    return f"pulumi config set {key_of(field)} {value}"


def _choices(settings: "Settings") -> Iterator[_Finding]:
    for field, legal in CHOICES.items():
        if getattr(settings, field) not in legal:
            yield _Finding((field,), f"must be {' or '.join(legal)}", _set(field, legal[0]))


def _bounds(settings: "Settings") -> Iterator[_Finding]:
    for field, (low, high) in BOUNDS.items():
        value = getattr(settings, field)
        if not low <= value <= high:
            yield _Finding((field,), f"must be from {low} to {high}", _set(field, min(max(value, low), high)))


def _region(settings: "Settings") -> Iterator[_Finding]:
    if not _REGION.fullmatch(settings.region):
        yield _Finding(("region",), "must be the name of an AWS region", "pulumi config set aws:region us-east-1")


def _zone(settings: "Settings") -> Iterator[_Finding]:
    if not _HOST_NAME.fullmatch(settings.zone):
        yield _Finding(
            ("zone",), "must be a domain name in small letters, such as preqly.com", _set("zone", "preqly.com")
        )


def _names(settings: "Settings") -> Iterator[_Finding]:
    for field, name in (("domain", settings.domain), *(("aliases", alias) for alias in settings.aliases)):
        if not _HOST_NAME.fullmatch(name):
            yield _Finding(
                (field,),
                f'"{name}" must be a host name in small letters, without a scheme, a port or a "*"',
                _example(field, settings),
            )
        elif name != settings.zone and not name.endswith(f".{settings.zone}"):
            yield _Finding(
                (field, "zone"), f'"{name}" must be inside the zone {settings.zone}', _example(field, settings)
            )
    if len(settings.domain) > MAX_DOMAIN_LENGTH:
        yield _Finding(("domain",), f"ACM takes at most {MAX_DOMAIN_LENGTH} characters here", "choose a shorter name")
    if len(set(settings.hosts)) != len(settings.hosts):
        yield _Finding(
            ("aliases", "domain"), "must differ from each other and from the domain", "remove the repeated name"
        )
    if len(settings.aliases) > MAX_ALIASES:
        yield _Finding(
            ("aliases",), f"one certificate holds the domain and at most {MAX_ALIASES} aliases", "remove some"
        )


def _example(field: str, settings: "Settings") -> str:
    name = f"app.{settings.zone}" if _HOST_NAME.fullmatch(settings.zone) else "app.preqly.com"
    return _set(field, name) if field == "domain" else f"pulumi config set --path 'aliases[0]' www.{settings.zone}"


def _allowed_hosts(settings: "Settings") -> Iterator[_Finding]:
    for name in settings.allowed_hosts:
        if not (re.fullmatch(_LABEL, name) or _HOST_NAME.fullmatch(name)):
            rule = f'"{name}" must be a host name or an IPv4 address, without a scheme, a port or a "*"'
            yield _Finding(("allowed_hosts",), rule, "pulumi config set --path 'allowedHosts[0]' localhost")


def _network(settings: "Settings") -> Iterator[_Finding]:
    problem = addressing.problem(settings.vpc_cidr)
    if problem:
        yield _Finding(("vpc_cidr",), problem, _set("vpc_cidr", addressing.nearest_legal(settings.vpc_cidr)))
        return
    room = addressing.plan(ipaddress.IPv4Network(settings.vpc_cidr)).tasks_that_fit(settings.egress)
    if settings.max_tasks > room:
        rule = f"a rollout doubles maxTasks, and {settings.vpc_cidr} has room for {room} with egress {settings.egress}"
        yield _Finding(
            ("max_tasks", "vpc_cidr", "egress"),
            rule,
            f"{_set('max_tasks', room)}, or choose a larger vpcCidr before the first deploy",
        )


def _tasks(settings: "Settings") -> Iterator[_Finding]:
    problem = fargate_size.problem(settings.task_cpu, settings.task_memory)
    if problem:
        cpu, memory = fargate_size.nearest(settings.task_cpu, settings.task_memory)
        yield _Finding(("task_cpu", "task_memory"), problem, f"{_set('task_cpu', cpu)}; {_set('task_memory', memory)}")
    if settings.max_tasks < settings.min_tasks:
        yield _Finding(
            ("max_tasks", "min_tasks"),
            f"must be at least minTasks, which is {settings.min_tasks}",
            _set("max_tasks", settings.min_tasks),
        )


def _images(settings: "Settings") -> Iterator[_Finding]:
    for field in ("python_image", "nginx_image"):
        image = getattr(settings, field)
        if not _IMAGE.fullmatch(image) or image.endswith(":latest"):
            rule = (
                "must be an image with a tag other than latest, or with a digest, so that two builds use the same base"
            )
            yield _Finding((field,), rule, _set(field, "<image>:<tag>"))


def _database(settings: "Settings") -> Iterator[_Finding]:
    if not _DATABASE_CLASS.fullmatch(settings.database_class):
        yield _Finding(
            ("database_class",),
            "must be an RDS instance class, db.<family>.<size>",
            _set("database_class", "db.t4g.micro"),
        )
    # RDS refuses a threshold less than 10 % above the storage ("Invalid max storage size").
    least = -(-settings.database_storage_gb * 11 // 10)
    if settings.database_max_storage_gb < least:
        rule = f"must be at least 10 % above databaseStorageGb, so {least} or more"
        yield _Finding(("database_max_storage_gb", "database_storage_gb"), rule, _set("database_max_storage_gb", least))
    version = settings.database_version
    if not re.fullmatch(r"\d{2}", version) or int(version) < OLDEST_POSTGRES:
        major = version.partition(".")[0]
        legal = major if re.fullmatch(r"\d{2}", major) and int(major) >= OLDEST_POSTGRES else "17"
        rule = f"must be a major version, {OLDEST_POSTGRES} or later: RDS moves past a written minor one and refuses it"
        yield _Finding(("database_version",), rule, f"pulumi config set databaseVersion {legal}")


def _watching(settings: "Settings") -> Iterator[_Finding]:
    if settings.alarm_email and not _E_MAIL.fullmatch(settings.alarm_email):
        yield _Finding(
            ("alarm_email",), "must be one e-mail address, or empty for nobody", _set("alarm_email", "ops@preqly.com")
        )
    if settings.monthly_budget_usd > 0 and not settings.alarm_email:
        rule = "a budget that warns nobody is no budget: alarmEmail is empty"
        yield _Finding(("monthly_budget_usd", "alarm_email"), rule, _set("alarm_email", "ops@preqly.com"))
    if settings.log_days not in LOG_DAYS:
        nearest = min(LOG_DAYS, key=lambda days: abs(days - settings.log_days))
        yield _Finding(
            ("log_days",), f"CloudWatch keeps logs for {', '.join(map(str, LOG_DAYS))} days", _set("log_days", nearest)
        )


_RULES: tuple[Callable[["Settings"], Iterator[_Finding]], ...] = (
    _region,
    _zone,
    _names,
    _allowed_hosts,
    _network,
    _choices,
    _bounds,
    _tasks,
    _images,
    _database,
    _watching,
)
