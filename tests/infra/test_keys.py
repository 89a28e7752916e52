"""The key: rotated, protected, and usable by nobody outside the account."""

import json

import pytest

from infra.keys import EncryptionKey, EncryptionKeyArgs, key_policy


def declare(engine, protect=True, outlives_stack=True):
    args = EncryptionKeyArgs(region="eu-west-1", protect=protect, outlives_stack=outlives_stack)
    return engine.run(lambda: EncryptionKey("key", args).key_arn)


def test_the_key_rotates_and_waits_thirty_days_before_it_is_gone(engine):
    arn = declare(engine)
    key = engine.one("kms/key:Key")
    assert key["enableKeyRotation"] is True
    assert key["deletionWindowInDays"] == 30
    assert arn.endswith("key-data")


def test_pulumi_refuses_to_delete_it_when_the_stack_is_protected(engine):
    declare(engine)
    assert engine.options("kms/key:Key", "key-data").protect


def test_an_unprotected_stack_lets_it_go(engine):
    declare(engine, protect=False)
    assert not engine.options("kms/key:Key", "key-data").protect


@pytest.mark.parametrize("outlives_stack", [True, False])
def test_it_stays_in_the_account_when_a_snapshot_needs_it(engine, outlives_stack):
    declare(engine, outlives_stack=outlives_stack)
    assert engine.options("kms/key:Key", "key-data").retainOnDelete is outlives_stack


def test_the_policy_names_the_account_that_asks(engine):
    declare(engine)
    assert json.loads(engine.one("kms/key:Key")["policy"]) == key_policy("123456789012", "eu-west-1")


def test_only_the_account_and_its_own_logs_are_let_in():
    account, logs = key_policy("123456789012", "eu-west-1")["Statement"]
    assert account["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}
    assert logs["Principal"] == {"Service": "logs.eu-west-1.amazonaws.com"}
    context = logs["Condition"]["ArnLike"]["kms:EncryptionContext:aws:logs:arn"]
    assert context == "arn:aws:logs:eu-west-1:123456789012:log-group:*"


def test_nobody_but_the_account_may_administer_it():
    others = key_policy("123456789012", "eu-west-1")["Statement"][1:]
    assert not any(action == "kms:*" or "Put" in action for statement in others for action in statement["Action"])
