"""What tells one embedded cloud from another: its name, its folder, its ports, its images."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

ACCOUNT_ID = "123456789012"
"""The account moto answers for."""

REGION = "us-east-1"

LABEL = "preqly.cloud"
"""Every Docker object of a cloud carries this label; its value is the cloud's name."""

STANDIN_IMAGES: Mapping[str, str] = MappingProxyType(
    {
        "postgres": "preqly-standin/postgres:trixie",
        "haproxy": "preqly-standin/haproxy:trixie",
        "registry": "preqly-standin/registry:trixie",
        "pause": "preqly-standin/haproxy:trixie",
    }
)


@dataclass(frozen=True, kw_only=True)
class CloudConfig:
    """One embedded cloud. Two of them share a machine if name, folder and ports differ."""

    state_dir: Path
    """Snapshot, certificate authority and certificates live here; made when missing, mode 0700."""
    name: str = "preqly-local"
    """Label value and prefix of the name of every Docker object."""
    api_port: int = 4577
    """AWS's API. 0 takes a free port: `EmbeddedCloud.endpoint` says which."""
    http_port: int = 8080
    """Where port 80 of the load balancer is published on 127.0.0.1."""
    https_port: int = 8443
    """Where port 443 of the load balancer is published on 127.0.0.1."""
    registry_port: int = 5050
    """Where the image registry behind ECR is published on 127.0.0.1."""
    vpc_cidr: str = ""
    """Address range of the Docker network, best the VPC's own, so that what trusts the VPC's range trusts the load
    balancer. Empty: Docker chooses. A range that Docker refuses falls back to Docker's choice, with a warning."""
    dns_zones: tuple[str, ...] = ("preqly.com",)
    """Public hosted zones that the account has before anything is deployed."""
    images: Mapping[str, str] = field(default_factory=lambda: STANDIN_IMAGES)
    """Image to run per role: postgres, haproxy, registry, pause."""

    @property
    def network_name(self) -> str:
        """The one bridge network that stands for the VPC."""
        return f"{self.name}-vpc"

    def object_name(self, suffix: str) -> str:
        """Name of a Docker object of this cloud."""
        return f"{self.name}-{suffix}"
