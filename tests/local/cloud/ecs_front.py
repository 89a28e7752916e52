"""A load balancer with TLS and one target group, made with boto3."""

from typing import Any


def make_front(elbv2: Any, acm: Any, vpc: str, subnets: list[str], group: str) -> tuple[str, str, str]:
    """ARNs of the load balancer, the target group and the HTTPS listener."""
    certificate = acm.request_certificate(DomainName="app.preqly.com", ValidationMethod="DNS")
    made = elbv2.create_load_balancer(Name="front", Subnets=subnets, SecurityGroups=[group])
    load_balancer = made["LoadBalancers"][0]["LoadBalancerArn"]
    target_group = elbv2.create_target_group(
        Name="tasks",
        Protocol="HTTP",
        Port=8000,
        VpcId=vpc,
        TargetType="ip",
        HealthCheckPath="/healthz",
        HealthCheckIntervalSeconds=4,
        HealthCheckTimeoutSeconds=3,
        HealthyThresholdCount=2,
        UnhealthyThresholdCount=3,
    )["TargetGroups"][0]["TargetGroupArn"]
    elbv2.modify_target_group_attributes(
        TargetGroupArn=target_group,
        Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "3"}],
    )
    redirect = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}
    elbv2.create_listener(
        LoadBalancerArn=load_balancer,
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "redirect", "RedirectConfig": redirect}],
    )
    listener = elbv2.create_listener(
        LoadBalancerArn=load_balancer,
        Protocol="HTTPS",
        Port=443,
        Certificates=[{"CertificateArn": certificate["CertificateArn"]}],
        DefaultActions=[{"Type": "forward", "TargetGroupArn": target_group}],
    )["Listeners"][0]["ListenerArn"]
    return load_balancer, target_group, listener
