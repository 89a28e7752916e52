"""The KMS key, for this account only, and the log groups that it encrypts."""

import json

import pytest

from infra.foundation.kms import EncryptionKey, EncryptionKeyArgs, key_policy
from infra.foundation.log_groups import LogGroups, LogGroupsArgs
from infra.observability.alarms import PUBLISHERS

KEY = "kms/key:Key"


@pytest.mark.parametrize("protect", [True, False])
@pytest.mark.parametrize("outlives_stack", [True, False])
def test_the_key_rotates_and_is_protected_and_retained_as_the_settings_say(engine, protect, outlives_stack):
    args = EncryptionKeyArgs(region="eu-west-1", publishers=PUBLISHERS, protect=protect, outlives_stack=outlives_stack)
    assert engine.run(lambda: EncryptionKey("key", args).key_arn).endswith("key-data")
    key = engine.one(KEY)
    assert key["enableKeyRotation"] is True
    assert json.loads(key["policy"]) == key_policy("123456789012", "eu-west-1", PUBLISHERS)
    options = engine.options(KEY, "key-data")
    assert (options.protect, options.retainOnDelete) == (protect, outlives_stack)


def test_only_the_account_administers_it_and_only_its_own_log_groups_use_it():
    account, logs, _ = key_policy("123456789012", "eu-west-1", PUBLISHERS)["Statement"]
    assert account["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}
    assert logs["Principal"] == {"Service": "logs.eu-west-1.amazonaws.com"}
    assert not any(action == "kms:*" or "Put" in action for action in logs["Action"])
    context = logs["Condition"]["ArnLike"]["kms:EncryptionContext:aws:logs:arn"]
    assert context == "arn:aws:logs:eu-west-1:123456789012:log-group:*"


def test_every_publisher_of_alarms_uses_it_for_topics_of_this_account_and_nothing_else():
    """A service that publishes without these permissions fails, and nobody hears of it."""
    *_, topics = key_policy("123456789012", "eu-west-1", PUBLISHERS)["Statement"]
    assert topics["Principal"] == {"Service": sorted(PUBLISHERS)}
    assert topics["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]
    assert topics["Condition"] == {
        "ArnLike": {"kms:EncryptionContext:aws:sns:topicArn": "arn:aws:sns:eu-west-1:123456789012:*"}
    }


ARN = "arn:aws:kms:us-east-1:123456789012:key/k"


@pytest.mark.parametrize("protect", [True, False])
def test_every_group_is_encrypted_expires_and_outlives_only_a_protected_stack(engine, protect):
    args = LogGroupsArgs(key_arn=ARN, retention_days=90, protect=protect)

    def program():
        groups = LogGroups("logs", args)
        return {"name": groups.log_group_name, "arn": groups.log_group_arn, "flow": groups.flow_log_group_arn}

    outputs = engine.run(program)
    groups = engine.all("cloudwatch/logGroup:LogGroup")
    assert {group.name for group in groups} == {"logs-application", "logs-network"}
    for group in groups:
        # Without a name of its own, a second stack does not collide.
        given = {key: value for key, value in group.inputs.items() if key != "tags"}
        assert given == {"kmsKeyId": ARN, "retentionInDays": 90, "skipDestroy": protect}
    assert outputs["name"].startswith("logs-application-")
    assert outputs["arn"] != outputs["flow"]
