"""Selects a stack through the Automation API: the real engine, with a state and a passphrase of this checkout."""

import inspect
import os
import runpy
import secrets
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import boto3
from pulumi import automation
from semver import VersionInfo

from embedded_cloud.endpoints import Endpoints
from infra.problem import InputError
from local import project, state
from local.engine import EngineCommand, SelectedStack
from local.runtime import ROOT, OperatorError, tool_cache, write_atomically
from local.setup.pulumi_engine import find_engine, sdk_version

OFFICIAL = "official"


def select_stack(name: str, folder: Path, endpoints: Endpoints, settings: Mapping[str, Any]) -> SelectedStack:
    """Create or select the stack with its state in `folder`. Points this process's AWS calls at the cloud.

    Raises OperatorError if the engine is missing."""
    project.write_work_dir(folder / "program", name, {**settings, **_provider_settings(endpoints)})
    environment = engine_environment(folder, endpoints)
    _hide_operators_accounts()
    os.environ.update(endpoints.aws_environment())
    os.chdir(ROOT)
    binary = find_engine()
    if binary is None:
        raise OperatorError(f"The Pulumi engine {sdk_version()} is missing. Run make up.")
    engine = EngineCommand(binary, VersionInfo.parse(sdk_version()))
    problems: list[InputError] = []
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
    state.back_up(folder, name)
    return SelectedStack(stack=stack, engine=engine, folder=folder, problems=problems)


def engine_environment(folder: Path, endpoints: Endpoints) -> dict[str, str]:
    """Environment variables that lead the engine to this state and these providers, without a login."""
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
    """Whether Pulumi's own plugins talk to the embedded cloud: `make up PROVIDERS=official`."""
    choice = os.environ.get("PROVIDERS") or "embedded"
    if choice not in {"embedded", OFFICIAL}:
        raise OperatorError(f"PROVIDERS={choice}: must be embedded or {OFFICIAL}.")
    return choice == OFFICIAL


def endpoint_keys() -> list[str]:
    """Keys of the setting `aws:endpoints`: every service of boto3 that Pulumi's AWS provider has an endpoint for."""
    from pulumi_aws import ProviderEndpointArgs  # noqa: PLC0415 - loads the SDK, which no other command needs

    accepted = {name.rstrip("_") for name in inspect.signature(ProviderEndpointArgs).parameters}
    return sorted(accepted & {name.replace("-", "") for name in boto3.Session().get_available_services()})


def _provider_settings(endpoints: Endpoints) -> dict[str, Any]:
    """Settings that lead the official AWS plugin to the cloud; the embedded provider needs none."""
    if not official_providers():
        return {}
    return {
        "aws:endpoints": [dict.fromkeys(endpoint_keys(), endpoints.api)],
        "aws:skipCredentialsValidation": True,
        "aws:skipMetadataApiCheck": True,
        "aws:skipRequestingAccountId": False,
        "aws:s3UsePathStyle": True,
    }


def _program(problems: list[InputError]) -> Callable[[], None]:
    def run() -> None:
        if str(ROOT) not in sys.path:
            sys.path.insert(0, str(ROOT))
        try:
            runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__")
        except InputError as error:
            problems.append(error)
            raise

    return run


def _passphrase(folder: Path) -> Path:
    """A file with a random passphrase, readable by its owner only."""
    path = folder / "passphrase"
    if not path.exists():
        write_atomically(path, secrets.token_urlsafe(32), mode=0o600)
    return path


def _hide_operators_accounts() -> None:
    """Remove the operator's Pulumi login and AWS account from this process's environment."""
    for variable in [name for name in os.environ if name.startswith(("PULUMI_", "AWS_")) and name != "AWS_CA_BUNDLE"]:
        del os.environ[variable]
    for variable in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        os.environ[variable] = os.devnull
