"""One cloud per module, empty at the start of each test."""

from collections.abc import Iterator

import pytest
from moto.core.base_backend import BackendDict

from embedded_cloud.api.persistence import SnapshotStore
from embedded_cloud.cloud import EmbeddedCloud
from support.clouds import unique_config


@pytest.fixture(scope="module")
def running_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedCloud]:
    cloud = EmbeddedCloud(unique_config(tmp_path_factory.mktemp("cloud")), agents=False)
    with pytest.MonkeyPatch.context() as patch:
        # These tests restart nothing, so no request needs a snapshot.
        patch.setattr(SnapshotStore, "save", lambda _: None)
        cloud.start()
        yield cloud
        cloud.stop()


@pytest.fixture
def cloud(running_api: EmbeddedCloud) -> EmbeddedCloud:
    """A cloud without agents, as after its first start."""
    with running_api.context.lock:
        BackendDict.reset()
        running_api._create_zones()
    return running_api
