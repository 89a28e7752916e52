"""What the stack tells the team and its pipelines: every key is an interface, and none holds a secret."""

from dataclasses import dataclass, fields

import pulumi


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """The stack's outputs, by their own names."""

    url: pulumi.Input[str]
    hosting: pulumi.Input[str]
    release: pulumi.Input[dict[str, pulumi.Input[object]]]
    """`number` on record, `digest` of the web image, and git's `revision` of its sources.

    The revision ends in `-dirty` when the sources were changed since."""
    web_image: pulumi.Input[str]
    proxy_image: pulumi.Input[str]
    database_endpoint: pulumi.Input[str]
    database_name: pulumi.Input[str]
    media_bucket: pulumi.Input[str]
    secret_arn: pulumi.Input[str]
    """Where the secrets are; reading them takes IAM's permission."""
    log_group: pulumi.Input[str]
    dashboard_url: pulumi.Input[str]
    monthly_estimate_usd: pulumi.Input[float]
    logs_command: pulumi.Input[str]
    shell_command: pulumi.Input[str]
    database_command: pulumi.Input[str]
    rollback_command: pulumi.Input[str]
    readme: pulumi.Input[str]
    """Markdown for the stack's page."""

    load_balancer_dns: pulumi.Input[str] | None = None
    """With `hosting: fargate` alone, like cluster and service."""
    cluster_name: pulumi.Input[str] | None = None
    service_name: pulumi.Input[str] | None = None
    public_ip: pulumi.Input[str] | None = None
    """With `hosting: vm` alone: the machine's Elastic IP, and its auto scaling group."""
    instance_group: pulumi.Input[str] | None = None

    def export(self) -> None:
        """Make every field that this kind of hosting has a stack output."""
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None:
                pulumi.export(field.name, value)
