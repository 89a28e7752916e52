"""A stand measures what its containers use, and leaves nothing behind."""

import docker
import pytest

from bench.stand import LABEL, Stand, cpu_seconds, standing, until
from local.images import images
from local.runtime import OperatorError

pytestmark = pytest.mark.containers
BUSY = "import time; end = time.process_time() + 1\nwhile time.process_time() < end: pass\ntime.sleep(60)"


@pytest.fixture(scope="module")
def image() -> str:
    def without_base() -> None:
        pytest.skip("no image registry answers and no stand-in is built: run `make up` once")

    return images.ensure(["python"], lambda _line: None, without_base)["python"]


def left(stand: Stand) -> list[object]:
    client = docker.from_env()
    own = {"label": f"{LABEL}={stand.name}"}
    found = [*client.containers.list(all=True, filters=own), *client.volumes.list(filters=own)]
    found += client.networks.list(filters=own)
    client.close()
    return found


def test_cpu_time_of_containers_is_counted_and_all_goes_with_the_stand(image: str) -> None:
    with standing() as stand:
        container = stand.run(image, command=["python3", "-c", BUSY], volumes=[f"{stand.volume('x')}:/x"], alias="busy")
        assert stand.address(container)
        until(lambda: cpu_seconds([container]) >= 1, 60, lambda: cpu_seconds([container]))
        assert cpu_seconds([container]) < 1.5
        assert len(left(stand)) == 3
    assert left(stand) == []


def test_a_command_that_fails_shows_what_it_said(image: str) -> None:
    with standing() as stand:
        assert stand.once(image, ["echo", "fine"]) == "fine\n"
        with pytest.raises(OperatorError, match=r"exited with 3:\nno such thing"):
            stand.once(image, ["sh", "-c", "echo no such thing >&2; exit 3"])
