"""What holds data is protected, and a stack that is not protected leaves nothing behind."""

import pytest

from tests.program.shapes import shaped

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
def test_what_holds_data_or_the_address_is_protected(declared, name):
    assert declared.options(STATEFUL[name], name).protect


@pytest.fixture(scope="module")
def throwaway():
    return shaped(protect="false")


def test_an_unprotected_stack_can_be_destroyed_in_one_step(throwaway):
    protected = [name for (token, name), asked in throwaway.requests.items() if asked.protect]
    assert protected == []


def test_an_unprotected_stack_leaves_nothing_that_refuses_to_go(throwaway):
    assert throwaway.one("lb/loadBalancer:LoadBalancer")["enableDeletionProtection"] is False
    assert throwaway.one("rds/instance:Instance")["deletionProtection"] is False
    assert all(bucket.inputs["forceDestroy"] for bucket in throwaway.all("s3/bucket:Bucket"))
    assert all(repository.inputs["forceDelete"] for repository in throwaway.all("ecr/repository:Repository"))


def test_the_last_snapshot_and_its_key_stay_unless_the_settings_say_otherwise(throwaway):
    """A snapshot without the key that encrypts it is none."""
    assert throwaway.one("rds/instance:Instance")["skipFinalSnapshot"] is False
    assert throwaway.options("kms/key:Key", "key-data").retainOnDelete
    gone = shaped(protect="false", databaseFinalSnapshot="false")
    assert gone.one("rds/instance:Instance")["skipFinalSnapshot"] is True
    assert not gone.options("kms/key:Key", "key-data").retainOnDelete
