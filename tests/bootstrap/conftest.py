"""The bootstrap stack under a recording engine, once for all tests."""

import pytest

from bootstrap.scope import Scope
from infra.secrets.reference import SecretReference
from tests.aws_answers import ACCOUNT, REGION
from tests.bootstrap.recorded import PROJECT, STACK, BootstrapRecorder, Role, run_bootstrap
from tests.program.shapes import EXISTING_SECRETS


@pytest.fixture(scope="session")
def bootstrap() -> BootstrapRecorder:
    """The bootstrap stack with the settings that have no default; read it only."""
    return run_bootstrap()


@pytest.fixture(scope="session")
def roles(bootstrap: BootstrapRecorder) -> dict[str, Role]:
    return bootstrap.roles()


@pytest.fixture(scope="session")
def scope() -> Scope:
    """What the roles of that stack are limited to."""
    return Scope(
        account=ACCOUNT,
        region=REGION,
        project=PROJECT,
        stack=STACK,
        zone="preqly.com",
        existing_secrets=tuple(SecretReference.parse(one).arn for one in EXISTING_SECRETS.values()),
        boundary_arn=f"arn:aws:iam::{ACCOUNT}:policy/bootstrap/{PROJECT}-{STACK}-boundary",
        deploy_role_arn=f"arn:aws:iam::{ACCOUNT}:role/bootstrap/{PROJECT}-{STACK}-deploy",
        state_bucket_arn="arn:aws:s3:::state-bucket-1a2b3c4",
        state_key_arn=f"arn:aws:kms:{REGION}:{ACCOUNT}:key/state-secrets",
    )
