"""The embedded cloud: AWS's API on moto in this process, and the agents that make its state true on Docker."""

import errno
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

from local.cloud import moto_patches, seed
from local.cloud.acme.server import AcmeServer
from local.cloud.agent import Agent, AgentThread
from local.cloud.api import ApiServer
from local.cloud.certificates import CertificateAuthority
from local.cloud.config import CloudConfig
from local.cloud.containers import DockerHost
from local.cloud.context import CloudContext
from local.cloud.ecr import EcrAgent
from local.cloud.ecs import EcsAgent
from local.cloud.elb import ElbAgent
from local.cloud.moto_patches import ses
from local.cloud.persistence import SnapshotStore
from local.cloud.rds import RdsAgent

logger = logging.getLogger("preqly.cloud")

STOP_SECONDS = 5.0
"""How long the running pass of an agent is waited for; containers outlive this process anyway."""

AgentFactory = Callable[[CloudContext], Agent]


class EmbeddedCloud:
    """One AWS account on this machine. `start` adopts the state and the containers an earlier process left."""

    context: CloudContext
    """What agents see. `container_endpoint` is known after `start`."""
    acme_directory = ""
    """URL at which machines ask for certificates, for the setting `acmeServer`. Known after `start`, with agents."""

    def __init__(self, config: CloudConfig, agents: bool | Sequence[AgentFactory] = True) -> None:
        """`agents`: True for all of them, False for AWS's API alone (no Docker needed), or the ones to start."""
        self.config = config
        self._agents = agents
        self._threads: list[AgentThread] = []
        self._owns_process = False
        lock = threading.RLock()
        self._store = SnapshotStore(config.state_dir, lock)
        self._api = ApiServer(config, lock, self._store.save)
        self.context = CloudContext(
            config=config,
            docker=DockerHost(config),
            certificates=CertificateAuthority(config.state_dir / "certificates"),
            lock=lock,
            touch=self._store.touch,
        )
        self._acme: AcmeServer | None = None

    @property
    def endpoint(self) -> str:
        """Where AWS's API answers on this machine, for AWS_ENDPOINT_URL. Known after `start`."""
        return self._api.endpoint

    def start(self) -> None:
        """Answer requests and start the agents. Returns when AWS's API answers.

        Raises DockerUnavailableError when agents need a Docker that does not answer, OSError when the port is taken.
        """
        factories = self._factories()
        _claim_process()
        self._owns_process = True
        try:
            self._start(factories)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End every thread and save the state. Containers stay for the next start; `cleanup.remove_all` ends them."""
        for thread in self._threads:
            thread.stop()
        for thread in self._threads:
            thread.join(STOP_SECONDS)
        self._threads.clear()
        self.context.docker.close()
        if self._acme is not None:
            self._acme.stop()
        self._api.stop()
        self._store.stop()
        if self._owns_process:
            self._owns_process = False
            _process_is_taken.release()

    def _start(self, factories: Sequence[AgentFactory]) -> None:
        self.config.state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        moto_patches.apply(agents=bool(factories), registry=f"localhost:{self.config.registry_port}")
        ses.deliver_to(self.config.state_dir / "mail")
        if not self._store.start():
            seed.apply(self.config)
            self._store.touch()
        self._api.listen()
        if factories:
            self.context = replace(self.context, container_endpoint=self._listen_for_containers())
        self._threads = [AgentThread(factory(self.context)) for factory in factories]
        for thread in self._threads:
            thread.start()

    def _listen_for_containers(self) -> str:
        """Make the API and the ACME server reachable from the Docker network; the API's URL there."""
        gateway = self.context.docker.gateway
        address, name = gateway, gateway
        try:
            self._api.listen(gateway)
        except OSError as error:
            if error.errno != errno.EADDRNOTAVAIL:
                raise
            # Docker's engine runs in a virtual machine: the gateway is its address, and this name leads here.
            address, name = "127.0.0.1", "host.docker.internal"
        self._acme = AcmeServer(self.context)
        self.acme_directory = self._acme.listen(address, name)
        return f"http://{name}:{self._api.port}"

    def _factories(self) -> Sequence[AgentFactory]:
        if isinstance(self._agents, bool):
            return default_agents() if self._agents else ()
        return self._agents


_process_is_taken = threading.Lock()


def _claim_process() -> None:
    # moto keeps its state in modules: a second cloud beside the first would be the same one.
    if not _process_is_taken.acquire(blocking=False):
        raise RuntimeError("an embedded cloud already runs in this process; stop it, or use another process")


def default_agents() -> Sequence[AgentFactory]:
    """The agents of a whole cloud, in the order in which they are started."""
    # With EC2's and Auto Scaling's part of moto, which a plan does not need and would wait for.
    from local.cloud.machine.agent import MachineAgent  # noqa: PLC0415

    return (EcrAgent, RdsAgent, ElbAgent, EcsAgent, MachineAgent)
