"""The session of the release hooks, and the check that it belongs to the account that Pulumi deploys to."""

from collections.abc import Callable
from typing import Any

import boto3
import pulumi
import pulumi_aws as aws
from botocore.exceptions import BotoCoreError, ClientError
from pulumi.runtime.config import CONFIG, get_config_env

from infra.provider.session import account_of, provider_session
from infra.provider.settings import ProviderSettingsError


class AnotherAccount(pulumi.RunError):
    """The hooks would work in another account; Pulumi prints the message without a traceback."""


def configured() -> dict[str, Any]:
    """The keys `aws:*` of the stack's configuration, without `aws:`. Values may be secret: never print them."""
    given = {**get_config_env(), **CONFIG.get()}
    return {key.removeprefix("aws:"): value for key, value in given.items() if key.startswith("aws:")}


def stack_session() -> Callable[[], boto3.Session]:
    """A factory of sessions that ask the provider's account, for any thread."""
    settings = configured()
    return lambda: provider_session(settings)


def refuse_another_account() -> None:
    """Compare the account of the hooks' session with the provider's, before any resource. Raises AnotherAccount."""
    try:
        deployed_to = aws.get_caller_identity().account_id
    except Exception as error:  # noqa: BLE001 - the SDK raises nothing narrower
        raise AnotherAccount(f"Pulumi's AWS provider cannot log in. No resource was touched: {error}") from None
    try:
        ours = account_of(stack_session()())
    except ProviderSettingsError as error:
        raise AnotherAccount(str(error)) from None
    except (BotoCoreError, ClientError) as error:
        raise AnotherAccount(
            f"Pulumi's AWS provider deploys to account {deployed_to}, and the release hooks cannot log in with its "
            f"configuration: {error}\nNo resource was touched. Check the keys aws:* of this stack (`pulumi config`) "
            "and the variables AWS_* of this shell."
        ) from None
    if ours != deployed_to:
        raise AnotherAccount(
            f"Pulumi's AWS provider deploys to account {deployed_to}, and the release hooks would migrate and check "
            f"account {ours}. No resource was touched. Give both the same credentials: set aws:profile or "
            "aws:assumeRoles of this stack, or export one set of AWS_* variables."
        )
