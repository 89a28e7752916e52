"""Amazon EC2: the VPC and its security groups."""

from tests.infra.controls.stack import Stack, proves

ANYONE = {"0.0.0.0/0", "::/0"}

# EC2.19's list of ports that are never open to the world, and our own 8000.
NEVER_OPEN = (
    *(20, 21, 22, 23, 25, 110, 135, 143, 445, 1433, 1434, 3000, 3306, 3389, 4333, 5000),
    *(5432, 5500, 5601, 8000, 8080, 8088, 8888, 9200, 9300),
)


def open_ports(stack: Stack) -> set[int]:
    """Ports that are open to the world."""
    ports: set[int] = set()
    for rule in stack.some("vpc/securityGroupIngressRule"):
        if {rule.inputs.get("cidrIpv4"), rule.inputs.get("cidrIpv6")} & ANYONE:
            ports |= set(range(int(rule.inputs.get("fromPort", 0)), int(rule.inputs.get("toPort", 65535)) + 1))
    return ports


@proves("EC2.18")
def the_world_reaches_80_and_443_only(stack: Stack) -> None:
    assert open_ports(stack) == {80, 443}
    for group in stack.some("ec2/securityGroup"):
        # `open_ports` does not read rules inside a group.
        assert not group.inputs.get("ingress")
        assert not group.inputs.get("egress")


@proves("EC2.19")
def no_port_of_a_database_or_a_shell_is_open(stack: Stack) -> None:
    assert not open_ports(stack) & set(NEVER_OPEN)


@proves("EC2.2")
def the_default_security_group_has_no_rules(stack: Stack) -> None:
    for group in stack.some("ec2/defaultSecurityGroup"):
        assert not group.inputs.get("ingress")
        assert not group.inputs.get("egress")


@proves("EC2.6")
def flow_logs_are_on(stack: Stack) -> None:
    logged = {log.inputs["vpcId"] for log in stack.some("ec2/flowLog")}
    assert {f"{vpc.name}-id" for vpc in stack.some("ec2/vpc")} <= logged


@proves("EC2.15")
def no_subnet_assigns_public_addresses(stack: Stack) -> None:
    assert all(subnet.inputs["mapPublicIpOnLaunch"] is False for subnet in stack.some("ec2/subnet"))


def endpoint(stack: Stack, service: str) -> None:
    """Assert an interface endpoint of this service."""
    assert any(item.inputs["serviceName"].endswith(f".{service}") for item in stack.all("ec2/vpcEndpoint"))


@proves("EC2.10")
def ec2_has_an_interface_endpoint(stack: Stack) -> None:
    endpoint(stack, "ec2")


@proves("EC2.55")
def the_ecr_api_has_an_interface_endpoint(stack: Stack) -> None:
    endpoint(stack, "ecr.api")


@proves("EC2.56")
def the_docker_registry_has_an_interface_endpoint(stack: Stack) -> None:
    endpoint(stack, "ecr.dkr")


@proves("EC2.57")
def systems_manager_has_an_interface_endpoint(stack: Stack) -> None:
    endpoint(stack, "ssm")


@proves("EC2.172")
def vpcs_block_public_access(stack: Stack) -> None:
    assert stack.some("vpc/blockPublicAccessOptions")
