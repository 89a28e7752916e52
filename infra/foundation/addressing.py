"""Subnet plan of the VPC. Pure: no resources."""

import ipaddress
from dataclasses import dataclass

PRIVATE = tuple(ipaddress.IPv4Network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
LARGEST, SMALLEST = 16, 22
"""Prefix lengths of the VPC: AWS allows nothing larger than /16; below /22 the database subnets are too small."""

RESERVED_BY_AWS = 5
"""Addresses that AWS reserves in every subnet."""
LOAD_BALANCER_NODES = 8
"""Free addresses an Application Load Balancer needs in each subnet to scale (ELB user guide)."""
OTHER_INTERFACES = 8
"""Addresses for the NAT gateway or interface endpoints, and for one-off tasks."""


@dataclass(frozen=True)
class SubnetPlan:
    """Two subnets of each kind, one per availability zone, and the spare range."""

    public: tuple[ipaddress.IPv4Network, ...]
    tasks: tuple[ipaddress.IPv4Network, ...]
    database: tuple[ipaddress.IPv4Network, ...]
    spare: tuple[ipaddress.IPv4Network, ...]

    def tasks_that_fit(self, egress: str) -> int:
        """The largest task count that fits one availability zone during a rollout, which doubles it."""
        subnet = (self.public if egress == "public" else self.tasks)[0]
        return (subnet.num_addresses - RESERVED_BY_AWS - LOAD_BALANCER_NODES - OTHER_INTERFACES) // 2


def plan(vpc: ipaddress.IPv4Network) -> SubnetPlan:
    """Divide the VPC: half for tasks, a quarter for public subnets, an eighth for databases, an eighth spare."""
    task_a, task_b, public, rest = vpc.subnets(prefixlen_diff=2)
    database, spare = rest.subnets()
    return SubnetPlan(tuple(public.subnets()), (task_a, task_b), tuple(database.subnets()), (spare,))


def problem(vpc_cidr: str) -> str | None:
    """The rule that this VPC address range breaks; None for a legal one."""
    try:
        network = ipaddress.IPv4Network(vpc_cidr, strict=False)
    except ValueError:
        return "must be an IPv4 address range such as 10.20.0.0/16"
    if "/" not in vpc_cidr or str(network) != vpc_cidr:
        return "must start at the first address of its range and include the prefix length"
    if not any(network.subnet_of(block) for block in PRIVATE):
        return f"must be private: inside {', '.join(map(str, PRIVATE))}"
    if not LARGEST <= network.prefixlen <= SMALLEST:
        return f"must be from /{LARGEST} to /{SMALLEST}: AWS refuses larger ones, smaller ones leave too few addresses"
    return None


def nearest_legal(vpc_cidr: str) -> str:
    """The legal range closest to an illegal one, for the error message."""
    try:
        network = ipaddress.IPv4Network(vpc_cidr, strict=False)
    except ValueError:
        return "10.20.0.0/16"
    if not any(network.network_address in block for block in PRIVATE):
        return "10.20.0.0/16"
    length = min(max(network.prefixlen, LARGEST), SMALLEST)
    return str(ipaddress.IPv4Network((network.network_address, length), strict=False))


def ipv6_subnet(vpc_block: str, index: int) -> str:
    """The /64 subnet with this index in the VPC's IPv6 block."""
    block = ipaddress.IPv6Network(vpc_block)
    return str(ipaddress.IPv6Network((int(block.network_address) + (index << 64), 64)))
