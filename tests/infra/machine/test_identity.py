"""Two roles: the machine's, and the one it hands to the application."""

import json
from dataclasses import replace
from typing import Any

import pytest

from infra.machine.certificate_source import CertificateSource
from infra.machine.identity import MachineIdentity, MachineIdentityArgs
from tests.infra.machine.test_policies import REACH

SOURCE = CertificateSource(
    secret_arn=REACH.certificate_arn,
    hosts=("app.preqly.com",),
    zone_id=REACH.zone_id,
    acme_server="https://acme.test/directory",
)
ARGS = MachineIdentityArgs(
    key_arn=REACH.key_arn,
    bucket_arn=REACH.bucket_arn,
    parameter_name=REACH.parameter_name,
    repository_arns=REACH.repository_arns,
    secret_arn=REACH.secret_arn,
    certificate=SOURCE,
    log_group_arn=REACH.log_group_arn,
    address=REACH.address,
    group_name=REACH.group_name,
    media_bucket_arn="arn:aws:s3:::media",
)


@pytest.fixture
def identity(engine: Any) -> Any:
    engine.run(lambda: MachineIdentity("identity", ARGS).profile_arn)
    return engine


def actions(identity: Any, name: str) -> set[str]:
    statements = json.loads(identity.one("iam/rolePolicy:RolePolicy", name)["policy"])["Statement"]
    return {
        action
        for one in statements
        for action in ([one["Action"]] if isinstance(one["Action"], str) else one["Action"])
    }


def test_the_machine_cannot_touch_the_media_and_the_application_no_secret(identity: Any) -> None:
    assert not {"s3:PutObject", "s3:DeleteObject"} & actions(identity, "identity-machine-policy")
    application = actions(identity, "identity-application-policy")
    assert "s3:PutObject" in application
    assert not [action for action in application if action.startswith(("secretsmanager:", "kms:", "ec2:"))]


def test_a_machine_changes_the_zone_only_where_it_renews_its_certificate(engine: Any) -> None:
    own = replace(ARGS, certificate=replace(SOURCE, acme_server="", key_arn="arn:aws:kms:us-east-1:1:key/theirs"))
    engine.run(lambda: [MachineIdentity("identity", ARGS).profile_arn, MachineIdentity("own", own).profile_arn])
    assert "route53:ChangeResourceRecordSets" in actions(engine, "identity-machine-policy")
    assert "route53:ChangeResourceRecordSets" not in actions(engine, "own-machine-policy")
    assert "key/theirs" in engine.one("iam/rolePolicy:RolePolicy", "own-machine-policy")["policy"]


def test_the_application_is_handed_out_by_the_machine_alone(identity: Any) -> None:
    trust = json.loads(identity.one("iam/role:Role", "identity-application")["assumeRolePolicy"])["Statement"][0]
    assert trust["Principal"] == {"AWS": "arn:aws:iam::123456789012:role/identity-machine"}


def test_a_machine_is_started_with_all_its_permissions(identity: Any) -> None:
    waits_for = identity.options("iam/instanceProfile:InstanceProfile", "identity-profile").dependencies
    assert any("identity-machine-policy" in urn for urn in waits_for)
    assert any("identity-application-policy" in urn for urn in waits_for)


def test_what_serves_cannot_change_the_static_files_that_a_releases_preparation_publishes(identity: Any) -> None:
    policies = {
        name: json.loads(identity.one("iam/rolePolicy:RolePolicy", f"identity-{name}-policy")["policy"])["Statement"]
        for name in ("application", "preparation")
    }
    denied = [one["Resource"] for one in policies["application"] if one["Effect"] == "Deny"]
    assert denied == ["arn:aws:s3:::media/static/*"]
    assert [one["Effect"] for one in policies["preparation"]] == ["Allow", "Allow"]


def test_the_machine_may_take_these_two_roles_and_they_trust_nobody_else(identity: Any) -> None:
    statements = json.loads(identity.one("iam/rolePolicy:RolePolicy", "identity-machine-policy")["policy"])["Statement"]
    (assumed,) = (one["Resource"] for one in statements if one["Action"] == "sts:AssumeRole")
    names = [arn.rpartition("/")[2] for arn in assumed]
    assert names == ["identity-application", "identity-preparation"]
    for name in names:
        trust = json.loads(identity.one("iam/role:Role", name)["assumeRolePolicy"])["Statement"]
        assert [one["Principal"] for one in trust] == [{"AWS": "arn:aws:iam::123456789012:role/identity-machine"}]
