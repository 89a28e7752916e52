"""Log groups: encrypted, kept for as long as the settings say."""

from infra.logs import Logs, LogsArgs


def declare(engine, protect=True):
    args = LogsArgs(key_arn="arn:aws:kms:us-east-1:123456789012:key/k", retention_days=90, protect=protect)

    def program():
        logs = Logs("logs", args)
        return {"name": logs.log_group_name, "arn": logs.log_group_arn, "flow": logs.flow_log_group_arn}

    return engine.run(program)


def test_every_group_is_encrypted_and_forgets_after_the_days_of_the_settings(engine):
    declare(engine)
    groups = engine.all("cloudwatch/logGroup:LogGroup")
    assert {group.name for group in groups} == {"logs-application", "logs-network"}
    assert {group.inputs["kmsKeyId"] for group in groups} == {"arn:aws:kms:us-east-1:123456789012:key/k"}
    assert {group.inputs["retentionInDays"] for group in groups} == {90}


def test_logs_of_a_protected_stack_outlive_it(engine):
    declare(engine)
    assert all(group.inputs["skipDestroy"] for group in engine.all("cloudwatch/logGroup:LogGroup"))


def test_an_unprotected_stack_leaves_no_logs_behind(engine):
    declare(engine, protect=False)
    assert not any(group.inputs["skipDestroy"] for group in engine.all("cloudwatch/logGroup:LogGroup"))


def test_names_are_aws_own_so_that_a_second_stack_does_not_collide(engine):
    outputs = declare(engine)
    assert outputs["name"].startswith("logs-application-")
    assert all("name" not in group.inputs for group in engine.all("cloudwatch/logGroup:LogGroup"))
    assert outputs["arn"] != outputs["flow"]
