"""The embedded cloud: AWS's API on moto, and agents that bring its state about on Docker."""

import errno
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

from moto.route53.models import route53_backends

from embedded_cloud.agents.agent import Agent, AgentThread, CloudContext
from embedded_cloud.agents.autoscaling.agent import AutoScalingAgent
from embedded_cloud.agents.ecr.agent import EcrAgent
from embedded_cloud.agents.ecs.agent import EcsAgent
from embedded_cloud.agents.elasticache.agent import ElastiCacheAgent
from embedded_cloud.agents.elb.agent import ElbAgent
from embedded_cloud.agents.events.agent import EventsAgent
from embedded_cloud.agents.rds.agent import RdsAgent
from embedded_cloud.agents.vpc.agent import VpcAgent
from embedded_cloud.agents.vpc.packet_filter import PacketFilter
from embedded_cloud.api import moto_patches
from embedded_cloud.api.moto_patches import ses, sessions, sns
from embedded_cloud.api.persistence import SnapshotStore
from embedded_cloud.api.server import ApiServer
from embedded_cloud.certificates import CertificateAuthority
from embedded_cloud.config import ACCOUNT_ID, CloudConfig
from embedded_cloud.containers.docker_host import DockerHost
from embedded_cloud.iam.decisions import Decisions
from embedded_cloud.sessions.server import SessionServer

logger = logging.getLogger(__name__)

STOP_SECONDS = 5.0
"""How long `stop` waits for the current pass of an agent."""

AgentFactory = Callable[[CloudContext], Agent]


class EmbeddedCloud:
    """One AWS account on this machine. `start` adopts state and containers of an earlier process."""

    context: CloudContext
    """Passed to agents. `container_endpoint` is set by `start`."""

    def __init__(self, config: CloudConfig, agents: bool | Sequence[AgentFactory] = True) -> None:
        """`agents`: True for all, False for AWS's API alone (needs no Docker), or the ones to start."""
        self.config = config
        self._agents = agents
        self._threads: list[AgentThread] = []
        self._sessions: SessionServer | None = None
        self._owns_process = False
        lock = threading.RLock()
        self._store = SnapshotStore(config.state_dir, lock)
        decisions = Decisions(config.state_dir)
        self._api = ApiServer(config, lock, self._store.save, decisions)
        self.context = CloudContext(
            config=config,
            docker=DockerHost(config),
            certificates=CertificateAuthority(config.state_dir / "certificates"),
            lock=lock,
            decisions=decisions,
            touch=self._store.touch,
        )

    @property
    def endpoint(self) -> str:
        """URL of AWS's API on this machine, for AWS_ENDPOINT_URL. Set by `start`."""
        return self._api.endpoint

    def start(self) -> None:
        """Serve the API and start the agents. Returns when the API answers.

        Raises DockerUnavailableError when agents need Docker and it does not answer, OSError when the port is in use,
        RuntimeError when another cloud runs in this process.
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
        """End all threads and save the state. Containers keep running; `cleanup.remove_all` removes them."""
        for thread in self._threads:
            thread.stop()
        for thread in self._threads:
            thread.join(STOP_SECONDS)
        self._threads.clear()
        sessions.serve_with(None)
        if self._sessions is not None:
            self._sessions.stop()
        self.context.docker.close()
        self._api.stop()
        self._store.stop()
        if self._owns_process:
            self._owns_process = False
            _process_is_taken.release()

    def _start(self, factories: Sequence[AgentFactory]) -> None:
        self.config.state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        moto_patches.apply(agents=bool(factories), registry=f"localhost:{self.config.registry_port}")
        ses.deliver_to(self.config.state_dir / "mail")
        sns.deliver_to(self.config.state_dir / "mail")
        if not self._store.start():
            self._create_zones()
            self._store.touch()
        self._api.listen()
        if factories:
            self.context = replace(self.context, container_endpoint=self._listen_for_containers())
            if self.config.packet_filter:
                self._filter_packets()
            self._sessions = SessionServer(self.context)
            self._sessions.start()
            sessions.serve_with(self._sessions)
        self._threads = [AgentThread(factory(self.context), self.config.clocks.poll_seconds) for factory in factories]
        for thread in self._threads:
            thread.start()

    def _listen_for_containers(self) -> str:
        """Serve the API on the Docker network too. Returns its URL there."""
        name = gateway = self.context.docker.gateway
        try:
            self._api.listen(gateway)
        except OSError as error:
            if error.errno != errno.EADDRNOTAVAIL:
                raise
            # Docker runs in a virtual machine, which has the gateway's address; this name leads out of it.
            name = "host.docker.internal"
        return f"http://{name}:{self._api.port}"

    def _filter_packets(self) -> None:
        """Raises PacketFilterError where that is not possible."""
        packets = PacketFilter(self.context)
        packets.verify()
        # An earlier process may have ended between an interface and its rules.
        packets.refresh()
        self.context = replace(self.context, filter_packets=packets.refresh, network=packets.network)
        self._api.answers = packets.answers

    def _create_zones(self) -> None:
        for name in self.config.dns_zones:
            route53_backends[ACCOUNT_ID]["aws"].create_hosted_zone(
                name=f"{name}.",
                private_zone=False,
                caller_reference=f"registered-{name}",
                comment="bought with the domain",
            )

    def _factories(self) -> Sequence[AgentFactory]:
        if isinstance(self._agents, bool):
            return default_agents() if self._agents else ()
        return self._agents


_process_is_taken = threading.Lock()


def _claim_process() -> None:
    # moto keeps its state in modules, so two clouds in one process would share it.
    if not _process_is_taken.acquire(blocking=False):
        raise RuntimeError("an embedded cloud already runs in this process; stop it, or use another process")


def default_agents() -> Sequence[AgentFactory]:
    """All agents, in the order in which they are started."""
    return (VpcAgent, EcrAgent, RdsAgent, ElastiCacheAgent, ElbAgent, EcsAgent, EventsAgent, AutoScalingAgent)
