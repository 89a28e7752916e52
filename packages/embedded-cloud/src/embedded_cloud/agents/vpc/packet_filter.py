"""Writes the rules of every interface into its own network namespace, never into the host's tables."""

import logging
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from urllib.parse import urlsplit

from docker.errors import APIError, DockerException, NotFound

from embedded_cloud.agents.agent import CloudContext
from embedded_cloud.agents.vpc import interfaces, nftables, reading, service_access
from embedded_cloud.agents.vpc.network import Network
from embedded_cloud.config import PACKET_FILTER_VARIABLE

logger = logging.getLogger(__name__)

RESOLV_CONF = Path("/etc/resolv.conf")
CONFLICT = 409
"""Docker's status for a container that is not running."""
AT_ONCE = 4
LOOPBACK = "127.0.0.1"
DOCKERS_RESOLVERS = ("8.8.8.8", "8.8.4.4")
"""Asked by Docker where the machine has local resolvers only."""
# The document is an argument: the root of the container is read-only.
_APPLY = ["/bin/sh", "-c", 'printf "%s" "$1" | nft -f -', "nft"]
_PROBE = f"""table {nftables.TABLE} {{
  chain egress {{ type filter hook output priority filter; policy drop; ct state established accept; }}
}}
"""


class PacketFilterError(Exception):
    """Packets cannot be filtered on this machine; the message says what to do."""


class PacketFilter:
    """Thread-safe: one pass at a time."""

    def __init__(self, context: CloudContext) -> None:
        self._context = context
        self._lock = threading.Lock()
        self._applied: dict[str, str] = {}
        """Document by id of the container that holds the interface."""
        self._seen: tuple[dict[str, tuple[str, str]], Network] | None = None
        """Interfaces and network whose rules are all written."""
        self._host: nftables.Host | None = None
        self._range = ""

    def network(self) -> Network:
        """Return the VPC as it is, with the interfaces that run."""
        found = interfaces.holders(self._context.docker, self._context.config.network_name)
        return self._read({key: address for key, (_, address) in found.items()})

    def answers(self, address: str, service: str) -> bool:
        """Whether a caller of AWS's API has a way to the service (moto's name); this machine always has.

        Docker is asked for interfaces that have no rules yet only: a site asks for each picture.
        """
        if address == LOOPBACK:
            return True
        seen = self._seen
        network = seen[1] if seen and seen[1].at(address) else self.network()
        return service_access.answers(network, address, service)

    def refresh(self) -> None:
        """Bring the rules of all interfaces up to date. Raises RuntimeError with nft's message."""
        with self._lock:
            found = interfaces.holders(self._context.docker, self._context.config.network_name)
            if not found:
                return
            network = self._read({key: address for key, (_, address) in found.items()})
            if (found, network) == self._seen:
                return
            host = self._host = self._host or self._read_host()
            wanted = {found[one.key][0]: nftables.render(network, one, host) for one in network.interfaces}
            changed = {name: text for name, text in wanted.items() if self._applied.get(name) != text}
            if changed:
                with ThreadPoolExecutor(AT_ONCE) as pool:
                    list(pool.map(self._apply, changed, changed.values()))
            self._applied = {name: text for name, text in self._applied.items() if name in wanted}
            if wanted.keys() == self._applied.keys():
                self._seen = (found, network)

    def verify(self) -> None:
        """Raises PacketFilterError where a container cannot have rules."""
        options = {**interfaces.namespace_options(filters=True), "network_mode": "none"}
        image = self._context.config.images["interface"]
        try:
            container = self._context.docker.run("packet-filter-probe", image, "probe", **options)
            code, output = container.exec_run([*_APPLY, _PROBE], user="root")
            said = output.decode(errors="replace").strip()
        except DockerException as error:
            code, said = 1, str(error)
        finally:
            self._context.docker.remove("packet-filter-probe")
        if code != 0:
            raise PacketFilterError(
                f"Security groups cannot filter packets here: nftables does not work in a container ({said}). "
                "Load the kernel's modules nf_tables and nf_conntrack (modprobe nf_tables nf_conntrack), or run "
                f"without the filter, so that every container reaches every other: {PACKET_FILTER_VARIABLE}=off"
            )

    def _apply(self, container: str, document: str) -> None:
        try:
            code, output = self._context.docker.client.containers.get(container).exec_run(
                [*_APPLY, document], user="root"
            )
        except NotFound:
            return
        except APIError as error:
            if error.status_code == CONFLICT:
                return
            raise
        if code != 0:
            raise RuntimeError(f"nft refuses the rules of {container[:12]}: {output.decode(errors='replace').strip()}")
        self._applied[container] = document

    def _read(self, addresses: dict[str, str]) -> Network:
        self._range = self._range or self._context.docker.address_range
        with self._context.lock:
            return reading.read(self._context, addresses, self._range)

    def _read_host(self) -> nftables.Host:
        docker = self._context.docker
        url = urlsplit(self._context.container_endpoint)
        machine = RESOLV_CONF.read_text() if RESOLV_CONF.exists() else ""
        return nftables.Host(
            gateway=docker.gateway,
            api=self._resolve(url.hostname or docker.gateway),
            api_port=url.port or self._context.config.api_port,
            resolvers=resolvers(machine, self._ask(["cat", RESOLV_CONF])),
        )

    def _resolve(self, name: str) -> str:
        """Return an address as it is, and that of a name inside of containers (Docker in a virtual machine)."""
        if _address(name) is not None:
            return name
        return self._ask(["getent", "ahostsv4", name]).partition(" ")[0] or self._context.docker.gateway

    def _ask(self, command: Sequence[str | Path]) -> str:
        """Return what a command prints in any container that holds an interface."""
        found = interfaces.holders(self._context.docker, self._context.config.network_name)
        container = self._context.docker.client.containers.get(next(iter(found.values()))[0])
        return str(container.exec_run([str(word) for word in command]).output.decode(errors="replace"))


def resolvers(*files: str) -> tuple[str, ...]:
    """Return the DNS servers that Docker asks, out of resolv.conf of this machine and of a container.

    In a container, Docker's comment names them: `# ExtServers: [192.0.2.1 host(192.0.2.2)]`.
    """
    lines = [line for text in files for line in text.splitlines() if line.startswith(("nameserver ", "# ExtServers:"))]
    found = [_address(word.strip("[]").removeprefix("host(").rstrip(")]")) for line in lines for word in line.split()]
    # A link-local address belongs to one of this machine's links, which containers do not have.
    known = (one for one in found if one is not None and not one.is_loopback and not one.is_link_local)
    outside = tuple(dict.fromkeys(map(str, known)))
    return outside or DOCKERS_RESOLVERS


def _address(word: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(word)
    except ValueError:
        return None
