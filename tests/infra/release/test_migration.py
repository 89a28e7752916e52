import pytest

from infra.release import migration, one_off_task
from infra.release.errors import ReleaseError
from infra.release.one_off_task import OneOffTask, TaskFailed
from tests.infra.release.service import DEFINITION, service_inputs
from tests.infra.stubs import CLUSTER, Aws

MIGRATION = OneOffTask(
    cluster=CLUSTER, task_definition=DEFINITION, subnets=["subnet-a"], security_groups=["sg-t"], public_address=False
)


def test_where_and_what_to_run_is_read_from_the_service() -> None:
    assert migration.task_of_service(service_inputs()) == MIGRATION


def test_a_failed_migration_says_that_the_old_release_serves_and_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> str:
        raise TaskFailed("the migration failed: exit code 1")

    monkeypatch.setattr(one_off_task, "run", fail)
    with pytest.raises(ReleaseError) as failure:
        migration.run_migration(Aws().session, MIGRATION)
    assert str(failure.value).splitlines() == [
        "The release was not rolled out and the old one keeps serving: the migration failed: exit code 1",
        "Fix the migration and run `pulumi up` again; nothing else is needed.",
    ]
