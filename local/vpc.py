"""The address range of the local stack's VPC: that of the Docker network, in which the load balancer's address is.

Proxies believe the forwarding headers of the VPC's addresses. Docker gives the default range of Pulumi.yaml to one
cloud of a machine, so the stack of another one takes the range that Docker chose.
"""

from contextlib import closing
from pathlib import Path

from embedded_cloud.config import CloudConfig
from embedded_cloud.containers.docker_host import DockerHost
from infra.foundation import addressing
from local import project
from local.project import LOCAL_STACK
from local.runtime import Runtime
from local.setup.steps import report

SETTING = "vpcCidr"


def wanted_range(folder: Path) -> str:
    """The range for the cloud's network: that of the VPC of an earlier `make up`, else the default."""
    return _earlier(folder) or project.default_setting(SETTING)


def setting(runtime: Runtime) -> dict[str, str]:
    """The stack's `vpcCidr` as a setting, where it differs from the default. Needs a running cloud.

    Reports when the VPC has another range than the network.
    """
    with closing(DockerHost(CloudConfig(name=runtime.cloud, state_dir=runtime.folder / "cloud"))) as host:
        network = host.address_range
    default = project.default_setting(SETTING)
    chosen = choose(network, _earlier(runtime.folder), default)
    if chosen != network:
        report(_different(chosen, network))
    return {f"{project.name()}:{SETTING}": chosen} if chosen != default else {}


def choose(network: str, earlier: str | None, default: str) -> str:
    """The range of the VPC. A deployed VPC keeps its own; a new one takes the network's, if a VPC may have it."""
    if earlier:
        return earlier
    return default if addressing.problem(network) else network


def _different(chosen: str, network: str) -> str:
    problem = addressing.problem(network)
    fix = (
        f"Give Docker other address pools: a VPC's range {problem}"
        if problem
        else "To change that: make down && make up"
    )
    return (
        f"The VPC has {chosen} and Docker's network of this cloud {network}, so the proxies take the load balancer for "
        f"a visitor: all visitors share one address in log and limits. {fix}"
    )


def _earlier(folder: Path) -> str | None:
    settings = project.load_settings(folder / "program", LOCAL_STACK)
    found = settings.get(f"{project.name()}:{SETTING}", project.default_setting(SETTING))
    return str(found) if settings else None
