"""Who the machine is: IAM documents as functions of the ARNs they name. Pure: no resources."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from infra.machine.program.metrics import NAMESPACE
from infra.policies import Arn

Statement = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Reach:
    """The only things the machine may touch."""

    key_arn: str
    bucket_arn: str
    """Of releases and the machine's program."""
    parameter_name: str
    """Begins with a slash."""
    repository_arns: Sequence[str]
    secret_arn: str
    certificate_arn: str
    """Of the secret that holds the certificate."""
    certificate_key_arn: str = ""
    """The KMS key of that secret, when it is neither the stack's nor AWS's own."""
    zone_id: str
    """Of the zone that proves the hosts."""
    proven_hosts: Sequence[str]
    """Names the machine gets a certificate for; empty when the certificate is a team's own."""
    log_group_arn: str
    application_role_arn: str
    preparation_role_arn: str
    address: str
    """Allocation id of the Elastic IP."""
    group_name: str


def machine_trust() -> str:
    """Lets EC2 give an instance the role."""
    return _document(_trust({"Service": "ec2.amazonaws.com"}))


def application_trust(machine_role_arn: str) -> str:
    """Lets the machine hand its containers the role, and nobody else."""
    return _document(_trust({"AWS": machine_role_arn}))


def machine(reach: Reach) -> str:
    """Start releases, write logs and numbers, take the address, be reached by Systems Manager."""
    return _document(
        *_releases(reach),
        *_secrets(reach),
        *(_certificate(reach) if reach.proven_hosts else ()),
        *_telling(reach),
        *_itself(reach),
        _systems_manager(),
    )


def _releases(reach: Reach) -> list[Statement]:
    here = Arn.parse(reach.key_arn)
    parameter = f"arn:{here.partition}:ssm:{here.region}:{here.account}:parameter{reach.parameter_name}"
    return [
        _allow("s3:GetObject", [f"{reach.bucket_arn}/programs/*", f"{reach.bucket_arn}/releases/*"]),
        _allow("ssm:GetParameter", parameter),
        # The token opens the registry's door, not a repository: AWS knows no narrower resource for this action.
        _allow("ecr:GetAuthorizationToken", "*"),
        _allow(
            ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            sorted(reach.repository_arns),
        ),
    ]


def _secrets(reach: Reach) -> list[Statement]:
    region = Arn.parse(reach.key_arn).region
    return [
        _allow("secretsmanager:GetSecretValue", sorted([reach.secret_arn, reach.certificate_arn])),
        {
            **_allow("kms:Decrypt", sorted({reach.key_arn, reach.certificate_key_arn} - {""})),
            "Condition": {"StringEquals": {"kms:ViaService": f"secretsmanager.{region}.amazonaws.com"}},
        },
        _allow("sts:AssumeRole", sorted([reach.application_role_arn, reach.preparation_role_arn])),
    ]


def _certificate(reach: Reach) -> list[Statement]:
    here = Arn.parse(reach.key_arn)
    service = f"secretsmanager.{here.region}.amazonaws.com"
    change = "route53:ChangeResourceRecordSets"
    return [
        {
            **_allow(change, f"arn:{here.partition}:route53:::hostedzone/{reach.zone_id}"),
            "Condition": {
                "ForAllValues:StringEquals": {
                    f"{change}NormalizedRecordNames": sorted(f"_acme-challenge.{host}" for host in reach.proven_hosts),
                    f"{change}RecordTypes": ["TXT"],
                    f"{change}Actions": ["DELETE", "UPSERT"],
                },
                # "For all values" is also true where there is none.
                "Null": {f"{change}NormalizedRecordNames": "false"},
            },
        },
        _allow("route53:GetChange", f"arn:{here.partition}:route53:::change/*"),
        _allow("secretsmanager:PutSecretValue", reach.certificate_arn),
        {
            **_allow("kms:GenerateDataKey", reach.key_arn),
            "Condition": {
                "StringEquals": {"kms:ViaService": service, "kms:EncryptionContext:SecretARN": reach.certificate_arn}
            },
        },
    ]


def _telling(reach: Reach) -> list[Statement]:
    return [
        _allow(["logs:CreateLogStream", "logs:PutLogEvents"], f"{reach.log_group_arn}:log-stream:*"),
        {
            # CloudWatch knows no resource for metrics, only the namespace.
            **_allow("cloudwatch:PutMetricData", "*"),
            "Condition": {"StringEquals": {"cloudwatch:namespace": NAMESPACE}},
        },
    ]


def _itself(reach: Reach) -> list[Statement]:
    here = Arn.parse(reach.key_arn)
    ec2 = f"arn:{here.partition}:ec2:{here.region}:{here.account}"
    scaling = f"arn:{here.partition}:autoscaling:{here.region}:{here.account}"
    return [
        _allow(
            "ec2:AssociateAddress",
            [f"{ec2}:elastic-ip/{reach.address}", f"{ec2}:instance/*", f"{ec2}:network-interface/*"],
        ),
        _allow(
            "autoscaling:SetInstanceHealth", f"{scaling}:autoScalingGroup:*:autoScalingGroupName/{reach.group_name}"
        ),
    ]


def _systems_manager() -> Statement:
    # What the agent asks for names no resource (service authorization reference); AWS's own policy would add reading
    # every parameter of the account.
    channels = ("CreateControlChannel", "CreateDataChannel", "OpenControlChannel", "OpenDataChannel")
    messages = ("AcknowledgeMessage", "DeleteMessage", "FailMessage", "GetEndpoint", "GetMessages", "SendReply")
    return _allow(
        [
            "ssm:UpdateInstanceInformation",
            *(f"ssmmessages:{name}" for name in channels),
            *(f"ec2messages:{name}" for name in messages),
        ],
        "*",
    )


def _trust(principal: dict[str, str]) -> Statement:
    return {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}


def _allow(action: str | list[str], resource: str | list[str]) -> Statement:
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def _document(*statements: Statement) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
