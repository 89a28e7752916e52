"""Versions of a secret: which label is where after what."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.cloud.server import EmbeddedCloud
from tests.local.cloud.clouds import client


@pytest.fixture
def manager(cloud: EmbeddedCloud) -> Any:
    made = client(cloud, "secretsmanager")
    made.create_secret(Name="app", SecretString="one", ClientRequestToken="1" * 32)
    return made


def put(manager: Any, number: int, *labels: str) -> None:
    stages = {"VersionStages": list(labels)} if labels else {}
    manager.put_secret_value(SecretId="app", SecretString=str(number), ClientRequestToken=str(number) * 32, **stages)


def labels(manager: Any) -> dict[str, set[str]]:
    versions = manager.list_secret_version_ids(SecretId="app", IncludeDeprecated=True)["Versions"]
    return {one["VersionId"][0]: set(one["VersionStages"]) for one in versions}


def refused(work: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as failure:
        work(**arguments)
    error = failure.value.response["Error"]
    return f"{error['Code']}: {error['Message']}"


def test_a_new_value_is_current_and_the_one_before_is_previous(manager: Any) -> None:
    put(manager, 2)
    assert labels(manager) == {"1": {"AWSPREVIOUS"}, "2": {"AWSCURRENT"}}
    put(manager, 3)
    assert labels(manager) == {"1": set(), "2": {"AWSPREVIOUS"}, "3": {"AWSCURRENT"}}
    for number, version in enumerate("123", 1):
        answer = manager.get_secret_value(SecretId="app", VersionId=version * 32)
        assert answer["SecretString"] == {"1": "one"}.get(version, str(number))


def test_labels_of_ones_own_stay_until_another_version_takes_them(manager: Any) -> None:
    manager.update_secret_version_stage(SecretId="app", VersionStage="mine", MoveToVersionId="1" * 32)
    put(manager, 2)
    assert labels(manager) == {"1": {"AWSPREVIOUS", "mine"}, "2": {"AWSCURRENT"}}
    put(manager, 3, "AWSCURRENT", "mine")
    assert labels(manager) == {"1": set(), "2": {"AWSPREVIOUS"}, "3": {"AWSCURRENT", "mine"}}


def test_a_value_may_wait_without_being_current(manager: Any) -> None:
    put(manager, 2, "AWSPENDING")
    assert labels(manager) == {"1": {"AWSCURRENT"}, "2": {"AWSPENDING"}}
    assert manager.get_secret_value(SecretId="app")["SecretString"] == "one"


def test_what_is_current_moves_and_is_what_is_read(manager: Any) -> None:
    put(manager, 2)
    manager.update_secret_version_stage(
        SecretId="app", VersionStage="AWSCURRENT", RemoveFromVersionId="2" * 32, MoveToVersionId="1" * 32
    )
    assert labels(manager) == {"1": {"AWSCURRENT"}, "2": {"AWSPREVIOUS"}}
    assert manager.get_secret_value(SecretId="app")["SecretString"] == "one"
    put(manager, 3)
    assert labels(manager) == {"1": {"AWSPREVIOUS"}, "2": set(), "3": {"AWSCURRENT"}}


def test_no_secret_is_left_without_a_current_version(manager: Any) -> None:
    stage = {"SecretId": "app", "VersionStage": "AWSCURRENT", "RemoveFromVersionId": "1" * 32}
    told = refused(manager.update_secret_version_stage, **stage)
    assert told.startswith("InvalidParameterException: You can only move staging label AWSCURRENT")


def test_a_secret_that_is_to_be_deleted_is_not_read(manager: Any) -> None:
    manager.delete_secret(SecretId="app", RecoveryWindowInDays=7)
    told = refused(manager.get_secret_value, SecretId="app")
    assert told == (
        "InvalidRequestException: You can't perform this operation on the secret because it was marked for deletion."
    )
