"""The Application Load Balancer with its listeners and target group."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.ecs.tls import TLS_POLICY

RESPONSE_HEADERS = {
    "routing_http_response_x_content_type_options_header_value": "nosniff",
    "routing_http_response_x_frame_options_header_value": "DENY",
    "routing_http_response_server_enabled": False,
}
"""Set by the listener, so that error pages of the load balancer have them too; they override the proxy's headers."""

HEALTH_CHECK = {
    "protocol": "HTTPS",
    "path": "/healthz",
    "port": "traffic-port",
    "matcher": "200",
    "interval": 5,
    "timeout": 4,
    "healthy_threshold": 2,
    "unhealthy_threshold": 2,
}
"""In seconds and counts: a new task receives requests 10 s after it responds, with AWS's defaults 150 s."""


@dataclass(frozen=True, kw_only=True)
class LoadBalancerArgs:
    """Arguments of the load balancer."""

    vpc_id: pulumi.Input[str]
    subnet_ids: pulumi.Input[list[str]]
    security_group_id: pulumi.Input[str]
    certificate_arn: pulumi.Input[str]
    target_port: int
    access_log_bucket: pulumi.Input[str]
    idle_timeout: int
    """Seconds without a byte after which it ends a connection; longer than a request may take."""
    deregistration_delay: int
    """Seconds for a deregistered task to finish its requests."""
    hsts: str
    """Value of the header Strict-Transport-Security. Only the listener sets it: it ends the visitors' TLS."""
    protect: bool


class LoadBalancer(pulumi.ComponentResource):
    """HTTPS over IPv4 and IPv6, a 301 from port 80, and TLS to the tasks."""

    load_balancer_arn: pulumi.Output[str]
    load_balancer_arn_suffix: pulumi.Output[str]
    load_balancer_dns: pulumi.Output[str]
    load_balancer_zone_id: pulumi.Output[str]
    """Hosted zone of the DNS name, for alias records."""
    target_group_arn: pulumi.Output[str]
    target_group_arn_suffix: pulumi.Output[str]

    def __init__(self, name: str, args: LoadBalancerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("preqly:infra:FrontDoor", name, None, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        balancer = self._load_balancer()
        targets = self._target_group()
        self._redirect(balancer)
        https = self._https(balancer, targets)

        self.load_balancer_arn = balancer.arn
        self.load_balancer_arn_suffix = balancer.arn_suffix
        self.load_balancer_dns = balancer.dns_name
        self.load_balancer_zone_id = balancer.zone_id
        self.target_group_arn = targets.arn
        self.target_group_arn_suffix = targets.arn_suffix
        self.register_outputs(
            {
                "load_balancer_arn": self.load_balancer_arn,
                "load_balancer_arn_suffix": self.load_balancer_arn_suffix,
                "load_balancer_dns": self.load_balancer_dns,
                "target_group_arn": self.target_group_arn,
                "target_group_arn_suffix": self.target_group_arn_suffix,
                "https_listener_arn": https.arn,
            }
        )

    def _load_balancer(self) -> aws.lb.LoadBalancer:
        return aws.lb.LoadBalancer(
            f"{self._name}-balancer",
            load_balancer_type="application",
            internal=False,
            ip_address_type="dualstack",
            security_groups=[self._args.security_group_id],
            subnets=self._args.subnet_ids,
            drop_invalid_header_fields=True,
            desync_mitigation_mode="strictest",
            enable_deletion_protection=self._args.protect,
            idle_timeout=self._args.idle_timeout,
            access_logs={"bucket": self._args.access_log_bucket, "enabled": True},
            opts=pulumi.ResourceOptions(parent=self, protect=self._args.protect),
        )

    def _target_group(self) -> aws.lb.TargetGroup:
        return aws.lb.TargetGroup(
            f"{self._name}-tasks",
            vpc_id=self._args.vpc_id,
            protocol="HTTPS",
            port=self._args.target_port,
            target_type="ip",
            deregistration_delay=self._args.deregistration_delay,
            load_balancing_algorithm_type="least_outstanding_requests",
            health_check=HEALTH_CHECK,
            opts=self._child,
        )

    def _redirect(self, balancer: aws.lb.LoadBalancer) -> None:
        aws.lb.Listener(
            f"{self._name}-http",
            load_balancer_arn=balancer.arn,
            protocol="HTTP",
            port=80,
            default_actions=[
                {"type": "redirect", "redirect": {"protocol": "HTTPS", "port": "443", "status_code": "HTTP_301"}}
            ],
            opts=self._child,
        )

    def _https(self, balancer: aws.lb.LoadBalancer, targets: aws.lb.TargetGroup) -> aws.lb.Listener:
        return aws.lb.Listener(
            f"{self._name}-https",
            load_balancer_arn=balancer.arn,
            protocol="HTTPS",
            port=443,
            ssl_policy=TLS_POLICY,
            certificate_arn=self._args.certificate_arn,
            default_actions=[{"type": "forward", "target_group_arn": targets.arn}],
            routing_http_response_strict_transport_security_header_value=self._args.hsts,
            **RESPONSE_HEADERS,
            opts=self._child,
        )
