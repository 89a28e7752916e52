"""A team's own secret and its key, as the program looks them up."""

from typing import Any

GET_SECRET, GET_KEY = "aws:secretsmanager/getSecret:getSecret", "aws:kms/getKey:getKey"


def test_a_secret_is_found_by_name_and_by_arn_and_its_value_is_not_told(emulation: Any) -> None:
    key = emulation.client("kms").create_key()["KeyMetadata"]
    made = emulation.client("secretsmanager").create_secret(
        Name="team/tls", SecretString="hidden", KmsKeyId=key["KeyId"]
    )
    for asked in ({"name": "team/tls"}, {"arn": made["ARN"]}):
        found = emulation.call(GET_SECRET, **asked)
        assert (found["arn"], found["name"], found["kmsKeyId"]) == (made["ARN"], "team/tls", key["KeyId"])
        assert "hidden" not in str(found)
    assert emulation.call(GET_KEY, keyId=found["kmsKeyId"])["arn"] == key["Arn"]


def test_a_secret_under_awss_own_key_names_none(emulation: Any) -> None:
    emulation.client("secretsmanager").create_secret(Name="plain", SecretString="{}")
    assert emulation.call(GET_SECRET, name="plain")["kmsKeyId"] == ""


def test_a_secret_that_is_not_there_or_about_to_go_is_told_by_its_name(emulation: Any, refusal: Any) -> None:
    emulation.client("secretsmanager").create_secret(Name="leaving", SecretString="{}")
    emulation.client("secretsmanager").delete_secret(SecretId="leaving")
    for name in ("none", "leaving"):
        assert f"there is no secret {name}" in refusal(lambda name=name: emulation.call(GET_SECRET, name=name))
