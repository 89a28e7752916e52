"""A sandbox measures the CPU time of its containers and leaves nothing behind."""

import docker
import pytest

from bench.sandbox import LABEL, Sandbox, cpu_seconds, open_sandbox, until
from embedded_cloud.images import images
from local.runtime import OperatorError

pytestmark = pytest.mark.containers
BUSY = "import time; end = time.process_time() + 1\nwhile time.process_time() < end: pass\ntime.sleep(60)"


@pytest.fixture(scope="module")
def image() -> str:
    def without_base(_release: str) -> None:
        pytest.skip("no image registry answers and no stand-in is built: run `make up` once")

    return images.ensure(["python"], lambda _line: None, without_base)["python"]


def left(sandbox: Sandbox) -> list[object]:
    client = docker.from_env()
    own = {"label": f"{LABEL}={sandbox.name}"}
    found = [*client.containers.list(all=True, filters=own), *client.volumes.list(filters=own)]
    found += client.networks.list(filters=own)
    client.close()
    return found


def test_cpu_time_is_counted_and_everything_is_removed(image: str) -> None:
    with open_sandbox() as sandbox:
        container = sandbox.run(
            image, command=["python3", "-c", BUSY], volumes=[f"{sandbox.volume('x')}:/x"], alias="busy"
        )
        assert sandbox.address(container)
        until(lambda: cpu_seconds([container]) >= 1, 60, lambda: cpu_seconds([container]))
        assert cpu_seconds([container]) < 1.5
        assert len(left(sandbox)) == 3
    assert left(sandbox) == []


def test_the_error_of_a_failed_command_holds_its_output(image: str) -> None:
    with open_sandbox() as sandbox:
        assert sandbox.once(image, ["echo", "fine"]) == "fine\n"
        with pytest.raises(OperatorError, match=r"exited with 3:\nno such thing"):
            sandbox.once(image, ["sh", "-c", "echo no such thing >&2; exit 3"])
