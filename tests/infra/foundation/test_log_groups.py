"""Log groups: encrypted, and kept as long as the settings say."""

import pytest

from infra.foundation.log_groups import LogGroups, LogGroupsArgs

KEY = "arn:aws:kms:us-east-1:123456789012:key/k"


@pytest.mark.parametrize("protect", [True, False])
def test_every_group_is_encrypted_expires_and_outlives_only_a_protected_stack(engine, protect):
    args = LogGroupsArgs(key_arn=KEY, retention_days=90, protect=protect)

    def program():
        groups = LogGroups("logs", args)
        return {"name": groups.log_group_name, "arn": groups.log_group_arn, "flow": groups.flow_log_group_arn}

    outputs = engine.run(program)
    groups = engine.all("cloudwatch/logGroup:LogGroup")
    assert {group.name for group in groups} == {"logs-application", "logs-network"}
    for group in groups:
        # Without a name of its own, a second stack does not collide.
        assert group.inputs == {"kmsKeyId": KEY, "retentionInDays": 90, "skipDestroy": protect}
    assert outputs["name"].startswith("logs-application-")
    assert outputs["arn"] != outputs["flow"]
