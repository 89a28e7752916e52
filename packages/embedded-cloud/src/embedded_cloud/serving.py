"""Start the embedded cloud and its provider servers in this process."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from embedded_cloud.cloud import AgentFactory, EmbeddedCloud
from embedded_cloud.config import CloudConfig
from embedded_cloud.endpoints import Endpoints
from embedded_cloud.providers import Server, serve
from embedded_cloud.providers.catalog import PACKAGES


@contextmanager
def running(config: CloudConfig, *, agents: bool | Sequence[AgentFactory] = True) -> Iterator[Endpoints]:
    """Start API, agents and providers, yield their endpoints, stop them. `agents` as for EmbeddedCloud."""
    with ExitStack() as stack:
        cloud = EmbeddedCloud(config, agents=agents)
        cloud.start()
        stack.callback(cloud.stop)
        servers = {}
        for package in PACKAGES:
            pending = config.state_dir / f"{package}-pending-creates.json"
            servers[package] = serve(package, cloud.endpoint, pending_creates=pending)
            stack.callback(servers[package].stop)
        # Loading the SDK takes seconds; the Pulumi program starts meanwhile.
        loading = threading.Thread(target=_preload, args=(list(servers.values()),), name="preload", daemon=True)
        loading.start()
        yield Endpoints(api=cloud.endpoint, providers={name: server.port for name, server in servers.items()})


def _preload(servers: Sequence[Server]) -> None:
    for server in servers:
        server.preload()
