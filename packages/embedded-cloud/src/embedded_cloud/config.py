"""Configuration of one embedded cloud: name, folder, ports, images, clocks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

ACCOUNT_ID = "123456789012"
"""The account of every embedded cloud."""

REGION = "us-east-1"

LABEL = "embedded-cloud.name"
"""Label of every Docker object of a cloud; its value is the cloud's name."""

STANDIN_IMAGES: Mapping[str, str] = MappingProxyType(
    {
        "postgres": "embedded-cloud/postgres:trixie",
        "valkey": "embedded-cloud/valkey:trixie",
        "haproxy": "embedded-cloud/haproxy:trixie",
        "registry": "embedded-cloud/registry:trixie",
        "pause": "embedded-cloud/haproxy:trixie",
        "interface": "embedded-cloud/network-interface:trixie",
    }
)

TIME_FACTOR_VARIABLE = "EMBEDDED_CLOUD_TIME_FACTOR"
PACKET_FILTER_VARIABLE = "EMBEDDED_CLOUD_PACKET_FILTER"
PACKET_FILTER_DEFAULT = "on"


def packet_filter_from_environment(environment: Mapping[str, str]) -> bool:
    """Read EMBEDDED_CLOUD_PACKET_FILTER. Raises ValueError."""
    text = environment.get(PACKET_FILTER_VARIABLE) or PACKET_FILTER_DEFAULT
    if text not in ("on", "off"):
        raise ValueError(
            f"{PACKET_FILTER_VARIABLE}={text}: set it to on or off, or unset it for {PACKET_FILTER_DEFAULT}"
        )
    return text == "on"


@dataclass(frozen=True)
class Clocks:
    """How long the cloud waits where AWS waits. The default is AWS's own time.

    `shortened` applies to health check intervals, the backoff between task launches and the time after which a task
    without a health check counts as healthy. Time limits stay: timeouts, `stopTimeout`, `startPeriod` and the health
    check grace period bound work that takes as long here as on AWS. Thresholds and what AWS's API describes stay too.
    The deregistration delay is both: see `idle_targets_drain`.
    """

    time_factor: float = 1.0
    """How many times faster than on AWS these periods pass: 4 turns 60 seconds into 15. At least 1."""

    def __post_init__(self) -> None:
        if not self.time_factor >= 1:
            raise ValueError(f"time factor {self.time_factor:g}: it must be 1 (AWS's own time) or more")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Clocks":
        """Read EMBEDDED_CLOUD_TIME_FACTOR; without it, AWS's own time. Raises ValueError."""
        text = environment.get(TIME_FACTOR_VARIABLE, "1")
        try:
            return cls(float(text))
        except ValueError as error:
            raise ValueError(f"{TIME_FACTOR_VARIABLE}={text} is not a number of 1 or more") from error

    def shortened(self, seconds: float) -> float:
        """A period of AWS's as this cloud waits for it, in seconds."""
        return seconds / self.time_factor

    @property
    def idle_targets_drain(self) -> bool:
        """Whether a deregistered target without a request in flight stays `draining` until its delay is over.

        It does on AWS, and ECS waits for it. On faster clocks, the end of its last request ends its draining.
        docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html
        """
        return self.time_factor == 1

    @property
    def poll_seconds(self) -> float:
        """Pause of an agent between two passes."""
        return max(self.shortened(0.5), 0.15)


@dataclass(frozen=True, kw_only=True)
class CloudConfig:
    """One embedded cloud. Several run on one machine if their names, folders and ports differ."""

    state_dir: Path
    """Folder for snapshot, certificates and mails; created with mode 0700."""
    name: str = "embedded-cloud"
    """Value of the label, and prefix of the name, of every Docker object."""
    api_port: int = 4577
    """Port of AWS's API; 0 takes a free one, which `EmbeddedCloud.endpoint` names."""
    http_port: int = 8080
    """Port on 127.0.0.1 for port 80 of the load balancer."""
    https_port: int = 8443
    """Port on 127.0.0.1 for port 443 of the load balancer."""
    registry_port: int = 5050
    """Port on 127.0.0.1 for the image registry behind ECR."""
    vpc_cidr: str = ""
    """Address range of the Docker network; the VPC's own makes the load balancer's address one of the VPC. Empty:
    Docker chooses. If Docker refuses the range, it chooses another one, with a warning."""
    dns_zones: tuple[str, ...] = ()
    """Public hosted zones that exist in a new account."""
    clocks: Clocks = Clocks()
    """Waiting times; a test may shorten them."""
    packet_filter: bool = False
    """Whether security groups and routes decide which packets pass; needs nftables in containers."""
    images: Mapping[str, str] = field(default_factory=lambda: STANDIN_IMAGES)
    """Image per role: postgres, valkey, haproxy, registry, pause, interface."""

    @property
    def network_name(self) -> str:
        """Name of the bridge network that all containers share."""
        return f"{self.name}-vpc"

    def object_name(self, suffix: str) -> str:
        return f"{self.name}-{suffix}"
