"""The command that goes one release back, and how many revisions it leaves."""

from tests.ops.stand import Stand

BACK = ("rollback", "--yes")


def revisions(stand: Stand) -> int:
    return len(stand.ecs.list_task_definitions()["taskDefinitionArns"])
