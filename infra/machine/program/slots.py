"""The two places on the machine where a whole task can run, and the rule that sends visitors to one of them."""

import re
from dataclasses import dataclass

from .shell import attempt, run

NETWORK = "preqly"
SUBNET = "100.127.210.0/24"
"""Of the slots' bridge: no VPC of this product (infra/addressing.py) and no default of Docker's meets it."""
PORTS = {80: 8080, 443: 8443}
"""Port of the machine to port of the proxy."""
CHAIN = "PREQLY"


@dataclass(frozen=True)
class Slot:
    """One of the two."""

    name: str
    address: str

    @property
    def project(self) -> str:
        """Compose's name for what runs in it."""
        return f"preqly-{self.name}"


BLUE = Slot("blue", "100.127.210.10")
GREEN = Slot("green", "100.127.210.11")
SLOTS = (BLUE, GREEN)


def other(slot: Slot | None) -> Slot:
    """The slot a new release goes to."""
    return GREEN if slot == BLUE else BLUE


def open_door() -> Slot | None:
    """The slot visitors are sent to now; None when there is none."""
    rules = attempt("iptables", "--wait", "-t", "nat", "-S", CHAIN).stdout
    found = re.search(r"--dport 443 .*--to-destination ([\d.]+):", rules)
    return next((slot for slot in SLOTS if found and slot.address == found[1]), None)


def send_visitors_to(slot: Slot) -> None:
    """New connections go to this slot, from one packet to the next; open ones stay where they are."""
    rules = [f"-A {CHAIN} -p tcp --dport {port} -j DNAT --to {slot.address}:{own}" for port, own in PORTS.items()]
    document = "\n".join(["*nat", f":{CHAIN} - [0:0]", *rules, "COMMIT", ""])
    run("iptables-restore", "--wait", "--noflush", what=f"opening the ports for slot {slot.name}", stdin=document)
    # Not for the containers themselves: what they ask this machine for on port 80 are their credentials.
    _ensure("nat", "PREROUTING", "!", "-s", SUBNET, "-m", "addrtype", "--dst-type", "LOCAL", "-j", CHAIN)
    # Docker drops what it has not published itself; this chain is where it lets others decide.
    ports = ",".join(map(str, PORTS.values()))
    _ensure("filter", "DOCKER-USER", "-d", SUBNET, "-p", "tcp", "-m", "multiport", "--dports", ports, "-j", "ACCEPT")


def make_network() -> None:
    """The bridge both slots are on."""
    if attempt("docker", "network", "inspect", NETWORK).returncode != 0:
        run("docker", "network", "create", "--subnet", SUBNET, NETWORK, what="making the slots' network")


def _ensure(table: str, chain: str, *rule: str) -> None:
    if attempt("iptables", "--wait", "-t", table, "-C", chain, *rule).returncode != 0:
        run("iptables", "--wait", "-t", table, "-I", chain, *rule, what=f"the rule of {chain}")
