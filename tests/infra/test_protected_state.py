"""What must not be lost, with the real engine: a protected stack refuses in the preview, by resource and property."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.engine_stack import EngineStack, engine_stack, needs_engine
from tests.infra.stateful import PROTECTED, stores

pytestmark = needs_engine

REPLACING: dict[str, tuple[dict[str, Any], str]] = {
    "key-data": ({"customer_master_key_spec": "RSA_2048"}, "customerMasterKeySpec"),
    "network": ({"cidr_block": "10.30.0.0/16"}, "cidrBlock"),
    "database-instance": ({"username": "other"}, "username"),
    "media-files": ({"bucket": "other"}, "bucket"),
    "secrets-application": ({"name": "other"}, "name"),
    "registry-web": ({"name": "other"}, "name"),
    "registry-proxy": ({"encryption_configurations": [{"encryption_type": "AES256"}]}, "encryptionConfigurations"),
}
"""What an edit of the program could change, and the property that the engine must name."""


@pytest.fixture(scope="module")
def protected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineStack]:
    """A stack that stands and is protected; no test may change it."""
    with engine_stack(tmp_path_factory.mktemp("protected"), "preqly") as stack:
        stack.up(stores(PROTECTED))
        yield stack


@pytest.mark.parametrize("name", REPLACING)
def test_what_would_replace_it_is_refused_in_a_preview_that_names_resource_and_property(
    protected: EngineStack, name: str
) -> None:
    inputs, named = REPLACING[name]
    said = protected.refused("preview", stores(PROTECTED, **{name.replace("-", "_"): inputs}))
    (refusal,) = [line for line in said.splitlines() if f" {name} replace" in line and "error: " in line]
    assert "unable to replace resource" in refusal
    assert named in refusal.partition("[diff: ")[2].partition("]")[0]
    assert "currently marked for protection" in said


def test_what_a_program_no_longer_has_is_refused_in_a_preview_by_name(protected: EngineStack) -> None:
    said = protected.refused("preview", stores(PROTECTED, media={}))
    assert "media-files" in said
    assert "cannot be deleted" in said


def test_a_setting_that_rds_would_refuse_after_minutes_is_refused_in_a_preview(protected: EngineStack) -> None:
    said = protected.refused("preview", stores(replace(PROTECTED, database_storage_gb=20, database_version="16")))
    assert "aws:rds/instance:Instance database-instance cannot be changed like this, and was not touched." in said
    assert "preqly:databaseStorageGb = 20" in said
    assert 'preqly:databaseVersion = "16"' in said
    assert "pulumi config set databaseStorageGb 50" in said


def test_a_generation_that_skips_one_is_refused_in_a_preview(protected: EngineStack) -> None:
    said = protected.refused("preview", stores(replace(PROTECTED, secrets_generation=3)))
    assert "preqly:secretsGeneration = 3" in said
    assert "pulumi config set secretsGeneration 2" in said


def test_destroying_a_protected_stack_touches_nothing_and_names_what_stands_in_the_way(protected: EngineStack) -> None:
    before = protected.resources()
    ended = protected.pulumi("destroy", "--yes")
    assert ended.returncode != 0
    for name in REPLACING.keys() - {"key-data", "network"}:
        assert f"::{name}" in ended.stdout, "the other two would go after what stands on them"
    assert "because it is protected" in ended.stdout
    assert protected.resources() == before
