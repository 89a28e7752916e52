"""A VPC whose interfaces are containers, for tests of what packets pass."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from embedded_cloud.agents.vpc import interfaces, reading
from embedded_cloud.agents.vpc.agent import VpcAgent
from embedded_cloud.cloud import EmbeddedCloud
from embedded_cloud.containers.cleanup import remove_all
from embedded_cloud.testing.polling import wait_until
from support.clouds import client, unique_config

RANGE = "10.217"
_SERVE = (
    "$s=IO::Socket::INET->new(Listen=>9,LocalPort=>$ARGV[0],ReuseAddr=>1) or die; $SIG{CHLD}='IGNORE';"
    "while($c=$s->accept){ if(!fork){ $c->autoflush(1); while(<$c>){print $c $_} exit } }"
)
_CONNECT = "exec 3<>/dev/tcp/$0/$1"


@contextmanager
def running_vpc(folder: Path) -> Iterator["Vpc"]:
    """Run a cloud with a VPC without any way out."""
    config = replace(unique_config(folder), packet_filter=True, vpc_cidr=f"{RANGE}.0.0/16")
    cloud = EmbeddedCloud(config, agents=[VpcAgent])
    vpc = None
    try:
        cloud.start()
        vpc = Vpc(cloud)
        yield vpc
    finally:
        (vpc.cloud if vpc else cloud).stop()
        remove_all(config.name)


class Vpc:
    """Each interface is that of a DB instance, which has groups and a subnet like any other."""

    def __init__(self, cloud: EmbeddedCloud) -> None:
        self.cloud, self.ec2, self.rds = cloud, client(cloud, "ec2"), client(cloud, "rds")
        self.id = self.ec2.create_vpc(CidrBlock=f"{RANGE}.0.0/16")["Vpc"]["VpcId"]
        self.first = self._subnets("first", 0)
        self.second = self._subnets("second", 2)

    def restart(self) -> None:
        """Continue as a new process would: with the saved state and the containers that exist."""
        self.cloud.stop()
        self.cloud = EmbeddedCloud(self.cloud.config, agents=[VpcAgent])
        self.cloud.start()

    def _subnets(self, name: str, number: int) -> str:
        """A group of two subnets, as RDS wants it; interfaces are in the first one."""
        ids = [
            self.ec2.create_subnet(
                VpcId=self.id, CidrBlock=f"{RANGE}.{number + at}.0/24", AvailabilityZone=f"us-east-1{zone}"
            )["Subnet"]["SubnetId"]
            for at, zone in enumerate("ab")
        ]
        self.rds.create_db_subnet_group(DBSubnetGroupName=name, DBSubnetGroupDescription=name, SubnetIds=ids)
        return name

    def group(self, name: str) -> str:
        """A security group without rules."""
        group = str(self.ec2.create_security_group(GroupName=name, Description=name, VpcId=self.id)["GroupId"])
        found = self.ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
        self.ec2.revoke_security_group_egress(GroupId=group, IpPermissions=found["IpPermissionsEgress"])
        return group

    def allow(self, direction: str, group: str, port: int, peer: str) -> str:
        """Add a rule for TCP; the peer is a group or a CIDR block. Return the rule's id."""
        permission: dict[str, Any] = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port}
        if peer.startswith("sg-"):
            permission["UserIdGroupPairs"] = [{"GroupId": peer}]
        else:
            permission["IpRanges"] = [{"CidrIp": peer}]
        authorize = getattr(self.ec2, f"authorize_security_group_{direction}")
        made = authorize(GroupId=group, IpPermissions=[permission])
        return str(made["SecurityGroupRules"][0]["SecurityGroupRuleId"])

    def revoke(self, direction: str, group: str, rule: str) -> None:
        getattr(self.ec2, f"revoke_security_group_{direction}")(GroupId=group, SecurityGroupRuleIds=[rule])

    def interface(self, name: str, *groups: str, subnet: str = "") -> "Node":
        """Create an interface, and a program behind it that has no capability."""
        made = self.rds.create_db_instance(
            DBInstanceIdentifier=name,
            Engine="postgres",
            DBInstanceClass="db.t4g.micro",
            AllocatedStorage=20,
            MasterUsername="example",
            MasterUserPassword="first-Password1",
            DBSubnetGroupName=subnet or self.first,
            VpcSecurityGroupIds=list(groups),
        )["DBInstance"]
        key = reading.database_key(made["DbiResourceId"])
        network = interfaces.connect(self.cloud.context, key, aliases=[name])
        return Node(self, key, name, network)


class Node:
    """A container at an interface. Its image has bash and Perl."""

    def __init__(self, vpc: Vpc, key: str, name: str, network: dict[str, Any]) -> None:
        self._vpc, self.name, self._key = vpc, name, key
        docker, config = vpc.cloud.context.docker, vpc.cloud.config
        image = config.images["interface"]
        self.container = docker.run(name, image, "test", command=["sleep", "infinity"], user="root", **network)

    @property
    def address(self) -> str:
        docker, config = self._vpc.cloud.context.docker, self._vpc.cloud.config
        return interfaces.holders(docker, config.network_name)[self._key][1]

    def run(self, *command: str, **options: Any) -> tuple[int, str]:
        code, output = self.container.exec_run(list(command), **options)
        return code, output.decode()

    def serve(self, port: int) -> None:
        """Echo lines on a port."""
        self.container.exec_run(["perl", "-MIO::Socket::INET", "-e", _SERVE, str(port)], detach=True)
        wait_until(lambda: self.connects("127.0.0.1", port), 10)

    def connects(self, host: str, port: int, seconds: float = 1.5) -> bool:
        """Whether a TCP connection succeeds within this time. Loss is silent: a refusal takes all of it."""
        code, _ = self.run("timeout", str(seconds), "bash", "-c", _CONNECT, host, str(port))
        return code == 0
