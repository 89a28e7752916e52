"""Rules for the application's own variables: `environment`, `secretEnvironment`, `existingSecrets`.

No finding repeats a value: one of the plain ones may be a secret.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator

from infra.data.cache_urls import DATABASES
from infra.ecs.containers import platform_variables
from infra.policies import read_secrets
from infra.problem import Finding, key_of
from infra.secrets.detection import why_secret
from infra.secrets.reference import PARAMETER_STORE, SecretReference, legal_references
from infra.settings.settings import Settings

OBJECTS = ("environment", "secret_environment", "existing_secrets")
"""The fields that hold variables of the application."""
DOCUMENT_BYTES = 65_536
"""Of a secret's value: docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html"""
DEFINITION_BYTES = 48 * 1024
"""Of a task definition's 64 KiB, what the platform's own part leaves with a margin:
docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html"""
REFERENCE_BYTES = 250
"""Of an entry in `secrets`, without the variable's name."""
MOST_CHARACTERS = 4200
"""Of the policy that reads the existing secrets. A role has 10,240 for all inline policies, of which the platform's
take up to 1,800, and an update that changes the secrets has the policy twice until its end:
docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""

_OTHER_PLACE = "keep large values in files of the application or in S3, and remove them here"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SETTINGS = {
    "ALLOWED_HOSTS": "allowedHosts",
    "CSRF_TRUSTED_ORIGINS": "aliases",
    "DEFAULT_FROM_EMAIL": "emailFrom",
    "EMAIL_URL": "emailUrl",
    "REQUEST_TIMEOUT": "requestTimeoutSeconds",
    "SECRET_KEY": "secretsGeneration",
    "WEB_CONCURRENCY": "taskCpu",
    "WEB_THREADS": "webThreads",
}
"""The setting that decides a variable of the platform."""
_RESERVED = tuple(
    (re.compile(pattern), why)
    for pattern, why in (
        (r"AWS_\w+|ECS_\w+", "ECS gives the task its region, role and metadata by it"),
        (r"PG[A-Z]+", "PostgreSQL's client library would read it beside DATABASE_URL"),
        (r"LD_\w+|PYTHON[A-Z]*|PATH|VIRTUAL_ENV", "it decides what code the container runs"),
        (r"DJANGO_SETTINGS_MODULE|DJANGO_HOSTING_\w+", "the platform chooses the settings module by it"),
        (r"GUNICORN_CMD_ARGS|UVICORN_\w+", "it overrides the server's configuration"),
        (r"METRICS_PORT|PROMETHEUS_MULTIPROC_DIR|MEDIA_ROOT|STATIC_ROOT", "the image sets it"),
        (r"ALARM_SUBJECT|ALARM_TOPIC|SCHEDULED_TIME|SECRET_VARIABLES", "runs of schedules have it"),
        (r"CACHE_QUEUES(_SITE)?", "the platform measures queues by it"),
        (r"HOME|HOSTNAME|PWD|SHLVL|TMPDIR|USER|_", "the container's system sets it"),
    )
)


def names(settings: Settings) -> Iterator[Finding]:
    """Legal names that the platform does not use itself, each in one of the settings."""
    platform = platform_variables()
    for field in OBJECTS:
        for name in getattr(settings, field):
            problem = _name_problem(name, platform) or _cache_problem(name, settings)
            if problem:
                yield Finding((field,), problem, remove(field, name), item=name)
    for name, count in sorted(Counter(name for field in OBJECTS for name in getattr(settings, field)).items()):
        if count > 1:
            holders = [field for field in OBJECTS if name in getattr(settings, field)]
            rule = f"is in {' and '.join(map(key_of, holders))}, and a variable has one value"
            yield Finding(tuple(holders), rule, " or ".join(remove(field, name) for field in holders), item=name)


def _name_problem(name: str, platform: frozenset[str]) -> str | None:
    if not _NAME.fullmatch(name):
        return "must have letters, digits and _ only, and not begin with a digit"
    if name in _SETTINGS:
        return f"is decided by the setting {_SETTINGS[name]}"
    if name in platform or name.removesuffix("_FILE") in platform:
        return "is the platform's own variable"
    return next((f"is not for settings: {why}" for pattern, why in _RESERVED if pattern.fullmatch(name)), None)


def _cache_problem(name: str, settings: Settings) -> str | None:
    """The cache's URLs: without one, a stack may name a server of its own."""
    return "is decided by the setting cache" if settings.has_cache and name in DATABASES else None


def plain_values(settings: Settings) -> Iterator[Finding]:
    """Values that anyone with ecs:DescribeTaskDefinition may read, and the exceptions in `publicVariables`."""
    for name, value in settings.environment.items():
        why = None if name in settings.public_variables else why_secret(name, value)
        if why:
            rule = f"{why}, and ecs:DescribeTaskDefinition and the settings file show plain variables"
            fix = (
                f"{remove('environment', name)}; {set_secret(name)}. If it may be public: "
                f"pulumi config set --path 'publicVariables[{len(settings.public_variables)}]' {name}"
            )
            yield Finding(("environment", "public_variables"), rule, fix, item=name)
    for name in settings.public_variables:
        if name not in settings.environment:
            rule = f'"{name}" is not in environment'
            yield Finding(("public_variables", "environment"), rule, "pulumi config rm publicVariables")


def debug(settings: Settings) -> Iterator[Finding]:
    """No debug pages, which show source, settings and variables to every visitor."""
    value = settings.environment.get("DEBUG", "false")
    if value != "false" or "DEBUG" in (*settings.secret_environment, *settings.existing_secrets):
        rule = "must be false: Django's debug pages show source, settings and variables to every visitor"
        yield Finding(("environment",), rule, remove("environment", "DEBUG"), item="DEBUG")


def characters(settings: Settings) -> Iterator[Finding]:
    """No NUL, which ends a variable for the operating system."""
    for field in ("environment", "secret_environment"):
        for name, value in getattr(settings, field).items():
            if "\0" in value:
                yield Finding((field,), "holds the character NUL", remove(field, name), item=name)


def document(settings: Settings) -> Iterator[Finding]:
    """Few enough secret variables for the document of one secret."""
    size = len(json.dumps(dict(settings.secret_environment)).encode())
    if size > DOCUMENT_BYTES:
        rule = f"its values have {size} bytes together, and a secret of Secrets Manager has at most {DOCUMENT_BYTES}"
        yield Finding(("secret_environment",), rule, _OTHER_PLACE, item="*")


def definition(settings: Settings) -> Iterator[Finding]:
    """Few enough variables for a task definition."""
    plain = [{"name": name, "value": value} for name, value in settings.environment.items()]
    secrets = [*settings.secret_environment, *settings.existing_secrets]
    size = len(json.dumps(plain).encode()) + sum(2 * len(name) + REFERENCE_BYTES for name in secrets)
    if size > DEFINITION_BYTES:
        rule = f"the variables take {size} bytes of a task definition, which has room for {DEFINITION_BYTES} of them"
        yield Finding(OBJECTS, rule, _OTHER_PLACE, item="*")


def existing(settings: Settings) -> Iterator[Finding]:
    """Few enough secrets, with short enough names, for the policies of the execution role."""
    found = {one.arn: one.region for one in legal_references(settings.existing_secrets).values()}
    # Each may have a key of its own, and a key's ARN has as many characters.
    keys = {arn: f"arn:aws:kms:{region}:{0:012}:key/{at:036}" for at, (arn, region) in enumerate(found.items())}
    # IAM does not count white space.
    size = len("".join(read_secrets(keys).split()))
    if size > MOST_CHARACTERS:
        rule = (
            f"names {len(found)} secrets, whose policy has {size} characters with a key for each, and a role has room "
            f"for {MOST_CHARACTERS}"
        )
        fix = "keep several values as keys of one secret: <ARN>:<key>::"
        yield Finding(("existing_secrets",), rule, fix, item="*")


def references(settings: Settings) -> Iterator[Finding]:
    """ARNs of whole secrets, of one key of a secret, or of parameters, that tasks can reach."""
    for name, text in settings.existing_secrets.items():
        problem = _reference_problem(settings, text)
        if problem:
            # Pulumi takes an ARN for a secret.
            fix = f"pulumi config set --plaintext --path existingSecrets.{name} <ARN> (<ARN>:<key>:: for one key)"
            yield Finding(("existing_secrets", "egress"), f"{problem}: {text}", fix, item=name)


def _reference_problem(settings: Settings, text: str) -> str | None:
    try:
        found = SecretReference.parse(text)
    except ValueError as error:
        return str(error)
    if found.stage or found.version:
        return "names a version or a stage, and tasks read the current value"
    if settings.egress != "endpoints":
        return None
    if found.service == PARAMETER_STORE:
        return "tasks with `egress: endpoints` reach Secrets Manager, and no parameter of Systems Manager"
    if found.region != settings.region:
        return f"tasks with `egress: endpoints` reach Secrets Manager of {settings.region} only"
    return None


def set_secret(name: str) -> str:
    """The command that keeps a variable encrypted. It asks for the value, which a shell would keep in its history."""
    return f"pulumi config set --secret --path secretEnvironment.{name}"


def remove(field: str, name: str) -> str:
    """The command that removes a variable."""
    path = f"{key_of(field)}.{name}" if _NAME.fullmatch(name) else f"'{key_of(field)}[\"{name}\"]'"
    return f"pulumi config rm --path {path}"
