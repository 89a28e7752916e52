"""Settings: one reader, equal to Pulumi.yaml, and a refusal that names key, value, rule and fix for every wrong value at once."""

import pulumi
import pytest
from pulumi.runtime.config import set_all_config

from infra.settings import Settings, SettingsError


def load(**values: str) -> Settings:
    set_all_config({f"preqly:{key}": value for key, value in values.items()})
    return Settings.load(pulumi.Config("preqly"), "us-east-1")


def test_defaults_are_legal():
    assert load() == Settings(region="us-east-1")


def test_several_wrong_values_are_reported_together():
    with pytest.raises(SettingsError) as refused:
        load(
            databaseVersion="17.4",
            egress="vpn",
            taskCpu="many",
            maxTasks="1",
            vpcCidr="10.0.0.0/24",
            databseClass="db.t4g.micro",
        )
    print(refused.value)
    assert len(refused.value.problems) == 6


def test_recorder(engine):
    import pulumi_aws as aws

    def program():
        k = aws.kms.Key("k")
        return {"a": k.arn, "z": aws.get_availability_zones_output(state="available").names}

    assert engine.run(program)["a"].startswith("arn:aws:kms")
    assert engine.one("kms/key:Key") == {}
