"""The embedded cloud and the provider servers in front of it, in this process."""

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

from local.cloud.config import CloudConfig
from local.cloud.server import EmbeddedCloud
from local.endpoints import Endpoints
from local.images.images import MACHINE
from local.provider import Server, serve
from local.runtime import Runtime

PACKAGES = ("aws", "random", "docker")
"""The Pulumi packages that are served here instead of by their plugins."""


@contextmanager
def running(config: CloudConfig, *, agents: bool) -> Iterator[Endpoints]:
    """Start everything, yield where it answers, stop everything. Without agents nothing runs on Docker."""
    with ExitStack() as stack:
        cloud = EmbeddedCloud(config, agents=agents)
        cloud.start()
        stack.callback(cloud.stop)
        servers = {}
        for package in PACKAGES:
            servers[package] = serve(package, cloud.endpoint, journal=config.state_dir / f"{package}.journal")
            stack.callback(servers[package].stop)
        # While the program starts, for it takes as long to load the SDK.
        loading = threading.Thread(target=_preload, args=(list(servers.values()),), name="preload", daemon=True)
        loading.start()
        ports = {name: server.port for name, server in servers.items()}
        yield Endpoints(api=cloud.endpoint, providers=ports, acme=cloud.acme_directory)


def _preload(servers: Sequence[Server]) -> None:
    for server in servers:
        server.preload()


def cloud_config(runtime: Runtime, images: Mapping[str, str], vpc_cidr: str) -> CloudConfig:
    """The configuration of the cloud that lives in the runtime folder."""
    roles = {role: images[role] for role in ("postgres", "haproxy", "registry")}
    return CloudConfig(
        name=runtime.cloud,
        state_dir=runtime.folder / "cloud",
        api_port=runtime.ports.api,
        http_port=runtime.ports.http,
        https_port=runtime.ports.https,
        registry_port=runtime.ports.registry,
        vpc_cidr=vpc_cidr,
        # Built by set-up when a machine is asked for; its name does not change.
        images=roles | {"pause": images.get("pause", images["haproxy"]), "machine": MACHINE.standin},
    )


def chosen_images(runtime: Runtime) -> dict[str, str]:
    """Image per role, as set-up decided when this cloud was first started."""
    chosen: dict[str, str] = json.loads((runtime.folder / "images.json").read_text())
    return chosen
