"""The stack, driven by the real engine through the Automation API, with a state and a passphrase of its own."""

import os
import runpy
import secrets
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pulumi import automation
from semver import VersionInfo

from infra.settings import SettingsError
from local import project, state
from local.endpoints import Endpoints
from local.engine_command import EngineCommand
from local.runtime import ROOT, OperatorError, tool_cache, write_atomically
from local.setup.pulumi_engine import find_engine, sdk_version

STACK = "local"
OFFICIAL = "official"


@dataclass(frozen=True, kw_only=True)
class Drive:
    """One stack, ready to be driven."""

    stack: automation.Stack
    engine: EngineCommand
    folder: Path
    problems: list[SettingsError]
    """What the program refused; filled while it runs."""


def open_stack(name: str, folder: Path, endpoints: Endpoints, settings: Mapping[str, Any]) -> Drive:
    """Create or select the stack whose state is in `folder`. Points this process's AWS calls at the cloud.

    Raises OperatorError if the engine is missing."""
    project.write_work_dir(folder / "program", name, {**settings, **_provider_settings(endpoints)})
    environment = engine_environment(folder, endpoints)
    _forget_operators_own_settings()
    os.environ.update(endpoints.aws_environment())
    os.chdir(ROOT)
    binary = find_engine()
    if binary is None:
        raise OperatorError(f"The Pulumi engine {sdk_version()} is missing. Run make up.")
    engine = EngineCommand(binary, VersionInfo.parse(sdk_version()))
    problems: list[SettingsError] = []
    options = automation.LocalWorkspaceOptions(
        work_dir=str(folder / "program"), env_vars=environment, pulumi_command=engine, secrets_provider="passphrase"
    )
    state.remove_stale_lock(folder, name)
    state.restore_torn_state(folder, name)
    try:
        stack = automation.create_or_select_stack(
            name, project_name=project.name(), program=_program(problems), opts=options
        )
    except automation.CommandError as error:
        raise OperatorError(f"The stack {name} in {folder / 'state'} cannot be opened: {error}") from None
    state.keep_state(folder, name)
    return Drive(stack=stack, engine=engine, folder=folder, problems=problems)


def engine_environment(folder: Path, endpoints: Endpoints) -> dict[str, str]:
    """Everything the engine needs to find this state and these providers, and no login."""
    backend = folder / "state"
    backend.mkdir(parents=True, exist_ok=True)
    environment = {
        "PULUMI_BACKEND_URL": backend.as_uri(),
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(_passphrase(folder)),
        "PULUMI_HOME": str(tool_cache() / "pulumi-home"),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
    if not official_providers():
        environment["PULUMI_DEBUG_PROVIDERS"] = endpoints.debug_providers()
        environment["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] = "true"
    return environment | endpoints.aws_environment()


def official_providers() -> bool:
    """Whether Pulumi's own plugins are to drive the cloud: `make up PROVIDERS=official`."""
    choice = os.environ.get("PROVIDERS") or "embedded"
    if choice not in {"embedded", OFFICIAL}:
        raise OperatorError(f"PROVIDERS={choice}: must be embedded or {OFFICIAL}.")
    return choice == OFFICIAL


@contextmanager
def interruptible(drive: Drive) -> Iterator[None]:
    """While inside, Ctrl-C and SIGTERM let the engine finish its steps, keep its state and give its lock back."""
    before = {number: signal.signal(number, drive.engine.interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _program(problems: list[SettingsError]) -> Callable[[], None]:
    def run() -> None:
        if str(ROOT) not in sys.path:
            sys.path.insert(0, str(ROOT))
        try:
            runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__")
        except SettingsError as error:
            problems.append(error)
            raise

    return run


def _passphrase(folder: Path) -> Path:
    """A file with a random passphrase that only its owner reads."""
    path = folder / "passphrase"
    if not path.exists():
        write_atomically(path, secrets.token_urlsafe(32), mode=0o600)
    return path


def _provider_settings(endpoints: Endpoints) -> dict[str, Any]:
    """The official AWS plugin is told by configuration where the cloud is; the embedded one knows."""
    if not official_providers():
        return {}
    services = (
        "acm",
        "applicationautoscaling",
        "budgets",
        "cloudwatch",
        "ec2",
        "ecr",
        "ecs",
        "elbv2",
        "iam",
        "kms",
        "logs",
        "rds",
        "route53",
        "s3",
        "secretsmanager",
        "sesv2",
        "sns",
        "ssm",
        "sts",
        "wafv2",
    )
    return {
        "aws:endpoints": [dict.fromkeys(services, endpoints.api)],
        "aws:skipCredentialsValidation": True,
        "aws:skipMetadataApiCheck": True,
        "aws:skipRequestingAccountId": False,
        "aws:s3UsePathStyle": True,
    }


def _forget_operators_own_settings() -> None:
    """Neither the operator's Pulumi login nor their AWS account may be touched from here."""
    for variable in [name for name in os.environ if name.startswith(("PULUMI_", "AWS_")) and name != "AWS_CA_BUNDLE"]:
        del os.environ[variable]
    for variable in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        os.environ[variable] = os.devnull
