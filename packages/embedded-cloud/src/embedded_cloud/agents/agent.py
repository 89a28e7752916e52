"""Agents: threads that make moto's state true on Docker, and what each of them is given."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from moto.backends import get_backend

from embedded_cloud.agents.vpc.network import Network
from embedded_cloud.certificates import CertificateAuthority
from embedded_cloud.config import ACCOUNT_ID, REGION, CloudConfig
from embedded_cloud.containers.docker_host import DockerHost
from embedded_cloud.iam.decisions import Decisions

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class CloudContext:
    """The running cloud as its agents see it."""

    config: CloudConfig
    docker: DockerHost
    certificates: CertificateAuthority
    decisions: Decisions
    """What IAM allows the roles that agents act with."""
    lock: threading.RLock = field(default_factory=threading.RLock)
    """Guards moto's state; every API request runs under it. Hold it only while reading or writing memory, never while
    waiting for Docker or an HTTP request (boto3 calls to this cloud included)."""
    touch: Callable[[], None] = lambda: None
    """Report that an agent changed moto's state, so that the snapshot is saved."""
    container_endpoint: str = ""
    """URL of AWS's API from containers on the network."""
    filter_packets: Callable[[], None] = lambda: None
    """Bring the rules of all network interfaces up to date, before a program runs at a new one."""
    network: Callable[[], Network] | None = None
    """Read the VPC as packets see it. None where packets are not filtered."""

    def backend(self, service: str, region: str = REGION) -> Any:
        """moto's backend of a service ("ecs", "elbv2", ...). Global services take the region "aws"."""
        return get_backend(service)[ACCOUNT_ID][region]


class Agent(Protocol):
    """Compares moto's state with Docker's and acts on the difference. A restart loses nothing that it needs.

    May have a `close()`, called once after its last pass, and a number `patience`: how many times longer than others it
    waits between two passes, because what it follows changes rarely.
    """

    @property
    def name(self) -> str:
        """Name in the log."""

    def reconcile(self) -> None:
        """Run one pass, within seconds. Errors are logged and the next pass tries again."""


class AgentThread:
    """Calls `reconcile` in a loop until stopped."""

    def __init__(self, agent: Agent, poll_seconds: float) -> None:
        """`poll_seconds`: pause between two passes, as many times longer as the agent's `patience` says."""
        self._agent = agent
        self._poll_seconds = poll_seconds * getattr(agent, "patience", 1)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"agent-{agent.name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end after its current pass; `join` waits for that."""
        self._stopping.set()

    def join(self, timeout_seconds: float) -> None:
        """Wait for the thread to end, at most `timeout_seconds`."""
        self._thread.join(timeout_seconds)

    def _run(self) -> None:
        last_error = ""
        while not self._stopping.is_set():
            try:
                self._agent.reconcile()
                last_error = ""
            except Exception as error:  # an agent outlives every error of a pass
                message = f"{type(error).__name__}: {error}"
                # A lasting error is logged once, not at every pass.
                if message != last_error:
                    logger.warning("%s: %s", self._agent.name, message, exc_info=logger.isEnabledFor(logging.DEBUG))
                last_error = message
            self._stopping.wait(self._poll_seconds)
        if close := getattr(self._agent, "close", None):
            close()
