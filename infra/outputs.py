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
    load_balancer_dns: pulumi.Input[str]
    database_endpoint: pulumi.Input[str]
    database_name: pulumi.Input[str]
    media_bucket: pulumi.Input[str]
    secret_arn: pulumi.Input[str]
    """Where the secrets are; reading them takes IAM's permission."""
    cluster_name: pulumi.Input[str]
    service_name: pulumi.Input[str]
    log_group: pulumi.Input[str]
    dashboard_url: pulumi.Input[str]
    monthly_estimate_usd: pulumi.Input[float]
    logs_command: pulumi.Input[str]
    shell_command: pulumi.Input[str]
    database_command: pulumi.Input[str]
    rollback_command: pulumi.Input[str]
    readme: pulumi.Input[str]
    """Markdown for the stack's page."""

    def export(self) -> None:
        """Make every field a stack output."""
        for field in fields(self):
            pulumi.export(field.name, getattr(self, field.name))
