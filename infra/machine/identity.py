"""Who the machine is, and who the application is that runs on it."""

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
    """The only things the two roles may touch."""

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
    """The machine's role cannot read the media; the application's can do nothing else."""

    profile_arn: pulumi.Output[str]
    """Known once the role may do what the machine needs at its first boot."""
    application_role_arn: pulumi.Output[str]

    def __init__(self, name: str, args: MachineIdentityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("preqly:infra:MachineIdentity", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        machine = aws.iam.Role(f"{name}-machine", assume_role_policy=policies.machine_trust(), opts=child)
        application = aws.iam.Role(
            f"{name}-application", assume_role_policy=machine.arn.apply(policies.application_trust), opts=child
        )
        media = aws.iam.RolePolicy(
            f"{name}-application-policy",
            role=application.name,
            policy=pulumi.Output.all(media_bucket_arn=args.media_bucket_arn, mail=args.mail).apply(
                lambda known: stack_policies.application(**known)
            ),
            opts=child,
        )
        may = aws.iam.RolePolicy(
            f"{name}-machine-policy", role=machine.name, policy=_policy(args, application.arn), opts=child
        )
        profile = aws.iam.InstanceProfile(
            f"{name}-profile",
            role=machine.name,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[may, media]),
        )
        self.profile_arn, self.application_role_arn = profile.arn, application.arn
        self.register_outputs({"profile_arn": self.profile_arn, "application_role_arn": self.application_role_arn})


def _policy(args: MachineIdentityArgs, application_role_arn: pulumi.Output[str]) -> pulumi.Output[str]:
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
        application_role_arn=application_role_arn,
        address=args.address,
    ).apply(lambda known: policies.machine(Reach(**fixed, **known)))
