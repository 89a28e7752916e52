"""Stateful resources are protected, and a stack without `protect` can be deleted completely."""

import pytest

from tests.program.shapes import SHAPES
from tests.recorder import declared_with

STATEFUL = {
    "key-data": "kms/key:Key",
    "network-vpc": "ec2/vpc:Vpc",
    "database-instance": "rds/instance:Instance",
    "media-files": "s3/bucket:Bucket",
    "secrets-application": "secretsmanager/secret:Secret",
    "registry-web": "ecr/repository:Repository",
    "registry-proxy": "ecr/repository:Repository",
    "front-balancer": "lb/loadBalancer:LoadBalancer",
}


@pytest.mark.parametrize("name", STATEFUL)
def test_resources_with_data_or_the_sites_address_are_protected(declared, name):
    assert declared.options(STATEFUL[name], name).protect


@pytest.fixture
def throwaway():
    return declared_with(**SHAPES["public"])


def test_an_unprotected_stack_can_be_destroyed_in_one_step(throwaway):
    protected = [name for (token, name), asked in throwaway.requests.items() if asked.protect]
    assert protected == []


def test_no_resource_of_an_unprotected_stack_refuses_its_deletion(throwaway):
    assert throwaway.one("lb/loadBalancer:LoadBalancer")["enableDeletionProtection"] is False
    assert throwaway.one("rds/instance:Instance")["deletionProtection"] is False
    assert all(bucket.inputs["forceDestroy"] for bucket in throwaway.all("s3/bucket:Bucket"))
    assert all(repository.inputs["forceDelete"] for repository in throwaway.all("ecr/repository:Repository"))


def test_the_last_snapshot_and_its_key_stay_unless_the_settings_say_otherwise(throwaway):
    """A snapshot cannot be read without the key that encrypts it."""
    assert throwaway.one("rds/instance:Instance")["skipFinalSnapshot"] is False
    assert throwaway.options("kms/key:Key", "key-data").retainOnDelete
    gone = declared_with(protect="false", databaseFinalSnapshot="false")
    assert gone.one("rds/instance:Instance")["skipFinalSnapshot"] is True
    assert not gone.options("kms/key:Key", "key-data").retainOnDelete
