"""A stack with `hosting: vm` in place of one on Fargate."""

import boto3
import pytest

from tests.ops.machine_stand import MachineStand


@pytest.fixture
def stand(session: boto3.Session, monkeypatch: pytest.MonkeyPatch) -> MachineStand:
    return MachineStand(session, monkeypatch)
