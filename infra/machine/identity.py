"""Who the machine is, and who the application is that runs on it, when it serves and when a release is prepared."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from infra import policies as stack_policies
from infra.machine import policies
from infra.machine.certificate_source import CertificateSource
from infra.machine.policies import Reach


@dataclass(frozen=True, kw_only=True)
class MachineIdentityArgs:
    """The only things the roles may touch."""

    key_arn: pulumi.Input[str]
    bucket_arn: pulumi.Input[str]
    parameter_name: str
    repository_arns: Sequence[pulumi.Input[str]]
    secret_arn: pulumi.Input[str]
    certificate: CertificateSource
    log_group_arn: pulumi.Input[str]
    address: pulumi.Input[str]
    group_name: str
    media_bucket_arn: pulumi.Input[str]
    mail: pulumi.Input[stack_policies.Mail] | None = None


class MachineIdentity(pulumi.ComponentResource):
    """The machine's role cannot read the media; the others can do nothing else.

    What serves cannot change the static files that the preparation of a release has published.
    """

    profile_arn: pulumi.Output[str]
    """Known once the role may do what the machine needs at its first boot."""
    application_role_arn: pulumi.Output[str]
    preparation_role_arn: pulumi.Output[str]

    def __init__(self, name: str, args: MachineIdentityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("preqly:infra:MachineIdentity", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        machine = aws.iam.Role(f"{name}-machine", assume_role_policy=policies.machine_trust(), opts=child)
        trust = machine.arn.apply(policies.application_trust)
        serving = pulumi.Output.all(media_bucket_arn=args.media_bucket_arn, mail=args.mail).apply(
            lambda known: stack_policies.application(**known, publishes=False)
        )
        preparing = pulumi.Output.from_input(args.media_bucket_arn).apply(
            lambda arn: stack_policies.preparation(media_bucket_arn=arn)
        )
        self.application_role_arn, may_serve = self._role(f"{name}-application", trust, serving)
        self.preparation_role_arn, may_prepare = self._role(f"{name}-preparation", trust, preparing)
        roles = {"application_role_arn": self.application_role_arn, "preparation_role_arn": self.preparation_role_arn}
        may = aws.iam.RolePolicy(f"{name}-machine-policy", role=machine.name, policy=_policy(args, roles), opts=child)
        profile = aws.iam.InstanceProfile(
            f"{name}-profile",
            role=machine.name,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[may, may_serve, may_prepare]),
        )
        self.profile_arn = profile.arn
        self.register_outputs({"profile_arn": self.profile_arn, **roles})

    def _role(
        self, name: str, trust: pulumi.Output[str], policy: pulumi.Output[str]
    ) -> tuple[pulumi.Output[str], aws.iam.RolePolicy]:
        child = pulumi.ResourceOptions(parent=self)
        role = aws.iam.Role(name, assume_role_policy=trust, opts=child)
        return role.arn, aws.iam.RolePolicy(f"{name}-policy", role=role.name, policy=policy, opts=child)


def _policy(args: MachineIdentityArgs, roles: dict[str, pulumi.Output[str]]) -> pulumi.Output[str]:
    source = args.certificate
    fixed: dict[str, Any] = {
        "parameter_name": args.parameter_name,
        "group_name": args.group_name,
        "proven_hosts": source.hosts if source.acme_server else (),
    }
    return pulumi.Output.all(
        key_arn=args.key_arn,
        bucket_arn=args.bucket_arn,
        repository_arns=list(args.repository_arns),
        secret_arn=args.secret_arn,
        certificate_arn=source.secret_arn,
        certificate_key_arn=source.key_arn or "",
        zone_id=source.zone_id,
        log_group_arn=args.log_group_arn,
        **roles,
        address=args.address,
    ).apply(lambda known: policies.machine(Reach(**fixed, **known)))
