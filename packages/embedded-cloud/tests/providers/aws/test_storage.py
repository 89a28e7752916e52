"""Buckets, keys and parameters, through the provider protocol."""

import json
from typing import Any

import pytest

BUCKET = "aws:s3/bucket:Bucket"
KEY = "aws:kms/key:Key"
ALIAS = "aws:kms/alias:Alias"
POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Principal": "*", "Action": ["s3:*"], "Resource": "arn:aws:s3:::b"}],
}


@pytest.fixture(scope="module")
def bucket(emulation: Any) -> Any:
    return emulation.resource(BUCKET, "Media-Files", forceDestroy=True, tags={"a": "1"})


def test_a_bucket_has_a_valid_name_and_changes_its_tags_in_place(emulation: Any, bucket: Any) -> None:
    assert bucket.id.startswith("media-files-")
    assert bucket.drift() == {}
    bucket.up(forceDestroy=True, tags={"b": "2"})
    tags = emulation.client("s3").get_bucket_tagging(Bucket=bucket.id)["TagSet"]
    assert tags == [{"Key": "b", "Value": "2"}]
    assert bucket.drift() == {}


@pytest.mark.parametrize(
    ("kind", "inputs"),
    [
        ("Policy", {"policy": json.dumps(POLICY)}),
        (
            "PublicAccessBlock",
            {
                "blockPublicAcls": True,
                "blockPublicPolicy": True,
                "ignorePublicAcls": True,
                "restrictPublicBuckets": True,
            },
        ),
        (
            "ServerSideEncryptionConfiguration",
            {"rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]},
        ),
        ("OwnershipControls", {"rule": {"objectOwnership": "BucketOwnerEnforced"}}),
        (
            "LifecycleConfiguration",
            {
                "rules": [
                    {
                        "id": "expire",
                        "status": "Enabled",
                        "filter": {"prefix": ""},
                        "expiration": {"days": 3},
                        "noncurrentVersionExpiration": {"noncurrentDays": 90},
                        "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
                    }
                ]
            },
        ),
    ],
)
def test_a_bucket_setting_is_its_own_resource(emulation: Any, bucket: Any, kind: str, inputs: dict[str, Any]) -> None:
    token = f"aws:s3/bucket{kind}:Bucket{kind}"
    setting = emulation.resource(token, kind, bucket=bucket.id, **inputs)
    assert setting.drift() == {}
    assert setting.diff(bucket=bucket.id, **inputs) == (set(), set())
    assert setting.diff(bucket="other", **inputs)[1] == {"bucket"}
    setting.assert_deletable()


def test_deleting_versioning_suspends_it(emulation: Any, bucket: Any) -> None:
    versioning = emulation.resource(
        "aws:s3/bucketVersioning:BucketVersioning",
        "versions",
        bucket=bucket.id,
        versioningConfiguration={"status": "Enabled"},
    )
    assert versioning.drift() == {}
    s3 = emulation.client("s3")
    s3.put_bucket_versioning(Bucket=bucket.id, VersioningConfiguration={"Status": "Suspended"})
    assert versioning.drift() == {"versioningConfiguration": ({"status": "Enabled"}, {"status": "Suspended"})}
    versioning.delete()


def test_a_bucket_with_objects_is_deleted_only_with_force_destroy(emulation: Any, refusal: Any) -> None:
    kept = emulation.resource(BUCKET, "kept", tags={})
    s3 = emulation.client("s3")
    s3.put_bucket_versioning(Bucket=kept.id, VersioningConfiguration={"Status": "Enabled"})
    for _ in range(2):
        s3.put_object(Bucket=kept.id, Key="picture", Body=b"x")
    s3.delete_object(Bucket=kept.id, Key="picture")
    assert "BucketNotEmpty" in refusal(kept.delete)
    kept.up(forceDestroy=True)
    kept.assert_deletable()


def test_a_key_rotates_and_is_only_scheduled_for_deletion(emulation: Any) -> None:
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:*"}]})
    inputs = {"description": "d", "enableKeyRotation": True, "deletionWindowInDays": 7, "policy": policy}
    key = emulation.resource(KEY, "data", **inputs, tags={"a": "1"})
    kms = emulation.client("kms")
    assert key.drift() == {}
    assert key.diff(**{**inputs, "tags": {"a": "1"}, "policy": json.dumps(json.loads(policy), indent=1)}) == (
        set(),
        set(),
    )
    kms.disable_key_rotation(KeyId=key.id)
    assert key.drift() == {"enableKeyRotation": (True, False)}
    kms.enable_key_rotation(KeyId=key.id)
    alias = emulation.resource(ALIAS, "data", targetKeyId=key.state["arn"])
    assert alias.id.startswith("alias/data-")
    assert alias.drift() == {}
    alias.assert_deletable()
    key.assert_deletable()
    assert kms.describe_key(KeyId=key.id)["KeyMetadata"]["KeyState"] == "PendingDeletion"
    key.delete()


PARAMETER = "aws:ssm/parameter:Parameter"
BY_PATH = "aws:ssm/getParametersByPath:getParametersByPath"


def stored(emulation: Any, name: str) -> str:
    return str(emulation.client("ssm").get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"])


def test_a_parameter_is_secret_unless_the_program_says_otherwise(emulation: Any, refusal: Any) -> None:
    parameter = emulation.resource(PARAMETER, type="SecureString", value="one", tags={"a": "b"})
    assert parameter.drift() == {}
    assert "value" in parameter.secrets
    parameter.up(type="SecureString", value="two")
    assert stored(emulation, parameter.id) == "two"
    parameter.assert_deletable()


def test_every_argument_of_a_parameter_is_stored_without_drift(emulation: Any) -> None:
    key = emulation.client("kms").create_key()["KeyMetadata"]["KeyId"]
    said = {"description": "why", "tier": "Advanced", "allowedPattern": "^[a-z]+$", "dataType": "text"}
    parameter = emulation.resource(
        PARAMETER, "full", name="/site/full", type="SecureString", value="one", keyId=key, overwrite=False, **said
    )
    assert parameter.drift() == {}
    (described,) = emulation.client("ssm").describe_parameters(
        ParameterFilters=[{"Key": "Name", "Values": ["/site/full"]}]
    )["Parameters"]
    assert {name: described[name[0].upper() + name[1:]] for name in said} == said
    assert described["KeyId"] == key


def test_a_plain_value_is_no_secret(emulation: Any) -> None:
    parameter = emulation.resource(PARAMETER, "plain", name="/site/plain", type="String", insecureValue="{}")
    assert parameter.drift() == {}
    assert "insecureValue" not in parameter.secrets
    parameter.up(type="String", name="/site/plain", insecureValue="new")
    assert stored(emulation, "/site/plain") == "new"


def test_a_write_only_value_is_written_again_with_a_higher_version(emulation: Any) -> None:
    said = {"name": "/site/written", "type": "SecureString"}
    parameter = emulation.resource(PARAMETER, "written", **said, valueWo="one", valueWoVersion=1)
    assert parameter.drift() == {}
    assert "value" not in parameter.state
    assert parameter.diff(**said, valueWo="two", valueWoVersion=1) == (set(), set())
    parameter.up(**said, valueWo="two", valueWoVersion=2)
    assert stored(emulation, "/site/written") == "two"


def test_a_value_written_outside_pulumi_is_drift_that_a_program_may_ignore(emulation: Any) -> None:
    said = {"name": "/site/releases", "type": "String", "insecureValue": "{}"}
    parameter = emulation.resource(PARAMETER, "releases", **said)
    emulation.client("ssm").put_parameter(Name="/site/releases", Value="1", Overwrite=True)
    assert parameter.drift()["insecureValue"] == ("{}", "1")
    parameter.up(**said, tags={"a": "b"})
    assert stored(emulation, "/site/releases") == "1"


def test_an_existing_parameter_is_overwritten_only_if_asked(emulation: Any, refusal: Any) -> None:
    emulation.client("ssm").put_parameter(Name="/site/mine", Value="1", Type="String")
    said = {"name": "/site/mine", "type": "String", "value": "2"}
    assert "ParameterAlreadyExists" in refusal(lambda: emulation.resource(PARAMETER, "theirs", **said))
    emulation.resource(PARAMETER, "ours", **said, overwrite=True)
    assert stored(emulation, "/site/mine") == "2"


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        ({"type": "String"}, "exactly one of value, insecureValue, valueWo"),
        ({"type": "String", "value": "a", "insecureValue": "b"}, "not value and insecureValue"),
        ({"type": "String", "valueWo": "a"}, "valueWo and valueWoVersion are required together"),
        ({"type": "SecureString", "insecureValue": "a"}, "is stored in plain text"),
        ({"type": "String", "value": "a", "name": "no/slash"}, "must begin with /"),
        ({"type": "String", "value": "a" * 4097}, "maximum parameter value of 4096 characters"),
    ],
)
def test_invalid_arguments_are_refused(emulation: Any, refusal: Any, inputs: dict[str, Any], told: str) -> None:
    assert told in refusal(lambda: emulation.resource(PARAMETER, "wrong", **inputs))


def test_an_advanced_parameter_does_not_become_a_standard_one(emulation: Any, refusal: Any) -> None:
    said = {"name": "/site/large", "type": "String", "value": "a"}
    parameter = emulation.resource(PARAMETER, "large", **said, tier="Advanced")
    assert "cannot change an Advanced parameter" in refusal(lambda: parameter.up(**said, tier="Standard"))


def test_parameters_are_found_by_their_path(emulation: Any) -> None:
    nothing = emulation.call(BY_PATH, path="/shop/prod")
    assert (nothing["names"], nothing["values"]) == ([], [])
    for number in range(12):
        emulation.client("ssm").put_parameter(Name=f"/shop/prod/{number:02}", Value=str(number), Type="String")
    emulation.client("ssm").put_parameter(Name="/shop/prod/deep/er", Value="hidden", Type="SecureString")
    found = emulation.call(BY_PATH, path="/shop/prod")
    assert found["names"] == [f"/shop/prod/{number:02}" for number in range(12)]
    assert found["values"] == [str(number) for number in range(12)]
    assert found["arns"][0] == "arn:aws:ssm:us-east-1:123456789012:parameter/shop/prod/00"
    deep = emulation.call(BY_PATH, path="/shop/prod", recursive=True)
    assert "hidden" in deep["values"]


def test_buckets_are_found_by_their_tags(emulation: Any) -> None:
    made = emulation.resource(BUCKET, "tagged", bucketPrefix="films-prod-media-", tags={"Stack": "prod"})
    emulation.resource(BUCKET, "other", tags={"Stack": "dev"})
    found = emulation.call(
        "aws:resourcegroupstaggingapi/getResources:getResources",
        resourceTypeFilters=["s3"],
        tagFilters=[{"key": "Stack", "values": ["prod"]}],
    )
    assert found["resourceTagMappingLists"] == [{"resourceArn": f"arn:aws:s3:::{made.id}", "tags": {"Stack": "prod"}}]
    assert len(made.id) == len("films-prod-media-") + 26
