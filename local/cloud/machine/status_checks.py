"""EC2's status checks: whether an instance's first process still answers."""

import http.client
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor

from docker.models.containers import Container

from local.images.machine.vitals import STATUS_PORT

EVERY_SECONDS = 5.0
SILENT_SECONDS = 60.0
"""AWS checks once a minute; an instance whose checks fail for as long is called impaired here."""
TIMEOUT_SECONDS = 4.0
AT_ONCE = 2


class StatusChecks:
    """Remembers when each instance answered last."""

    def __init__(self, network: str) -> None:
        self._network = network
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="status-check")
        self._answered: dict[str, float] = {}
        self._asked: dict[str, tuple[float, Future[bool]]] = {}

    def impaired(self, containers: Mapping[str, Container]) -> set[str]:
        """Instances that ended, or whose processes have not got to run for a while."""
        now = time.monotonic()
        for instance in set(self._answered) - set(containers):
            self._answered.pop(instance)
            self._asked.pop(instance, None)
        return {instance for instance, container in containers.items() if self._fails(instance, container, now)}

    def close(self) -> None:
        """Ask no more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _fails(self, instance: str, container: Container, now: float) -> bool:
        if container.status in ("exited", "dead"):
            return True
        if container.status == "created":
            return False
        if container.status == "paused":
            self._answered.setdefault(instance, now)
        asked_at, answer = self._asked.get(instance, (0.0, None))
        if answer is not None and answer.done() and answer.result():
            self._answered[instance] = max(asked_at, self._answered.get(instance, asked_at))
        if answer is None or (answer.done() and now - asked_at > EVERY_SECONDS):
            address = container.attrs["NetworkSettings"]["Networks"][self._network]["IPAddress"]
            self._asked[instance] = (now, self._pool.submit(answers, address))
        # One that never answered is out of reach: an engine in a virtual machine keeps its containers' network there.
        return now - self._answered.get(instance, now) > SILENT_SECONDS


def answers(address: str, port: int = STATUS_PORT) -> bool:
    """Whether the first process of the machine at this address answers. Never raises."""
    connection = http.client.HTTPConnection(address, port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status == http.client.NO_CONTENT
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
