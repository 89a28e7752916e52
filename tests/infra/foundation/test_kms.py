"""The KMS key: rotated, protected, and for this account only."""

import json

import pytest

from infra.foundation.kms import EncryptionKey, EncryptionKeyArgs, key_policy

KEY = "kms/key:Key"


def declare(engine, protect=True, outlives_stack=True):
    args = EncryptionKeyArgs(region="eu-west-1", protect=protect, outlives_stack=outlives_stack)
    return engine.run(lambda: EncryptionKey("key", args).key_arn)


def test_the_key_rotates_and_can_be_restored_for_thirty_days(engine):
    arn = declare(engine)
    key = engine.one(KEY)
    assert key["enableKeyRotation"] is True
    assert key["deletionWindowInDays"] == 30
    assert json.loads(key["policy"]) == key_policy("123456789012", "eu-west-1")
    assert arn.endswith("key-data")


@pytest.mark.parametrize("protect", [True, False])
@pytest.mark.parametrize("outlives_stack", [True, False])
def test_pulumi_protects_and_retains_it_as_the_settings_say(engine, protect, outlives_stack):
    declare(engine, protect, outlives_stack)
    options = engine.options(KEY, "key-data")
    assert (options.protect, options.retainOnDelete) == (protect, outlives_stack)


def test_only_the_account_administers_it_and_only_its_own_log_groups_use_it():
    account, logs = key_policy("123456789012", "eu-west-1")["Statement"]
    assert account["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}
    assert logs["Principal"] == {"Service": "logs.eu-west-1.amazonaws.com"}
    assert not any(action == "kms:*" or "Put" in action for action in logs["Action"])
    context = logs["Condition"]["ArnLike"]["kms:EncryptionContext:aws:logs:arn"]
    assert context == "arn:aws:logs:eu-west-1:123456789012:log-group:*"
