"""What every agent is given: the configuration, moto's state with its lock, Docker and the certificate authority."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from moto.backends import get_backend

from local.cloud.certificates import CertificateAuthority
from local.cloud.config import ACCOUNT_ID, REGION, CloudConfig
from local.cloud.containers import DockerHost


@dataclass(frozen=True, kw_only=True)
class CloudContext:
    """The running cloud as its agents see it."""

    config: CloudConfig
    docker: DockerHost
    certificates: CertificateAuthority
    lock: threading.RLock = field(default_factory=threading.RLock)
    """Guards moto's state: each request runs under it. Hold it for reads and writes in memory only, never while Docker
    or an HTTP request (boto3 against this cloud included) is waited for."""
    public_ports: threading.Lock = field(default_factory=threading.Lock)
    """Held by the agent that asks who has this machine's published ports and acts on it (local/cloud/public_ports.py).
    Take it before `lock`."""
    touch: Callable[[], None] = lambda: None
    """Say that an agent changed moto's state, so that the snapshot follows."""
    container_endpoint: str = ""
    """AWS's API as containers on the network reach it."""

    def backend(self, service: str, region: str = REGION) -> Any:
        """moto's backend of a service ("ecs", "elbv2", ...); global services take region "aws"."""
        return get_backend(service)[ACCOUNT_ID][region]
