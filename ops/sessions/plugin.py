"""AWS's Session Manager plugin, which speaks the protocol of a session."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from typing import Any

import boto3

from ops.errors import OpsError

NAME = "session-manager-plugin"
OLDEST = (1, 2, 497, 0)
"""The first that takes the session's token from its environment: a command line is readable for everyone."""
HELP = "https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html"
RESPONSE_VARIABLE = "AWS_SSM_START_SESSION_RESPONSE"


def find_plugin() -> str:
    """The plugin on PATH. Raises OpsError with what is missing and how to get it."""
    found = shutil.which(NAME)
    if found is None:
        raise OpsError(
            f"{NAME} is not on PATH; ECS Exec and tunnels need it. Install it: {HELP}\n"
            'For the embedded cloud, `make up` builds it; eval "$(make -s env)" puts it on PATH.'
        )
    told = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout
    version = tuple(int(part) for part in re.findall(r"\d+", told))
    if version < OLDEST:
        raise OpsError(
            f"{found} has version {told.strip()}, and {'.'.join(map(str, OLDEST))} is needed. Update: {HELP}"
        )
    return found


def invocation(
    plugin: str, session: boto3.Session, started: Mapping[str, Any], target: str
) -> tuple[list[str], dict[str, str]]:
    """Command and environment that join a session, which ExecuteCommand or StartSession has started."""
    ssm: Any = session.client("ssm")
    request = json.dumps({"Target": target})
    command = [plugin, RESPONSE_VARIABLE, str(session.region_name), "StartSession", "", request, ssm.meta.endpoint_url]
    return command, {**os.environ, **_credentials(session), RESPONSE_VARIABLE: json.dumps(dict(started))}


def _credentials(session: boto3.Session) -> dict[str, str]:
    found = session.get_credentials()
    if found is None:
        return {}
    keys = found.get_frozen_credentials()
    names = {"AWS_ACCESS_KEY_ID": str(keys.access_key), "AWS_SECRET_ACCESS_KEY": str(keys.secret_key)}
    return {**names, **({"AWS_SESSION_TOKEN": keys.token} if keys.token else {})}
