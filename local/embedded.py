"""The embedded cloud and the provider servers in front of it, in this process."""

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from local.cloud.config import REGION, CloudConfig
from local.cloud.server import EmbeddedCloud
from local.provider import serve
from local.runtime import Runtime

PACKAGES = ("aws", "random", "docker")
"""The Pulumi packages that are served here instead of by their plugins."""


@dataclass(frozen=True, kw_only=True)
class Endpoints:
    """Where a running cloud answers."""

    api: str
    """URL of AWS's API."""
    providers: Mapping[str, int]
    """Port on 127.0.0.1 per Pulumi package."""

    def aws_environment(self) -> dict[str, str]:
        """What points boto3 and the AWS CLI here, and away from the operator's own account."""
        return {
            "AWS_ENDPOINT_URL": self.api,
            "AWS_ACCESS_KEY_ID": "embedded",
            "AWS_SECRET_ACCESS_KEY": "embedded",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def debug_providers(self) -> str:
        """Value of PULUMI_DEBUG_PROVIDERS: the engine attaches to these ports."""
        return ",".join(f"{package}:{port}" for package, port in self.providers.items())


@contextmanager
def running(config: CloudConfig, *, agents: bool) -> Iterator[Endpoints]:
    """Start everything, yield where it answers, stop everything. Without agents nothing runs on Docker."""
    with ExitStack() as stack:
        cloud = EmbeddedCloud(config, agents=agents)
        cloud.start()
        stack.callback(cloud.stop)
        providers = {}
        for package in PACKAGES:
            server = serve(package, cloud.endpoint)
            stack.callback(server.stop)
            providers[package] = server.port
        yield Endpoints(api=cloud.endpoint, providers=providers)


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
        images=roles | {"pause": images.get("pause", images["haproxy"])},
    )


def chosen_images(runtime: Runtime) -> dict[str, str]:
    """Image per role, as set-up decided when this cloud was first started."""
    chosen: dict[str, str] = json.loads((runtime.folder / "images.json").read_text())
    return chosen
