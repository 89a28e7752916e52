"""The operations of every service that roles may call here."""

from collections.abc import Mapping

from embedded_cloud.iam.evaluation import Request
from embedded_cloud.iam.operations import applications, compute, infrastructure, messages, s3, secrets
from embedded_cloud.iam.operations.call import Call, Rule, UnknownOperationError
from embedded_cloud.iam.operations.tagging import tagged_at_creation
from embedded_cloud.iam.resources import Resources

SERVICES: Mapping[str, Rule] = {
    **dict.fromkeys(infrastructure.PREFIXES, infrastructure.general),
    "cloudwatch": compute.cloudwatch,
    "dynamodb": applications.dynamodb,
    "ecr": compute.ecr,
    "ecs": compute.ecs,
    "events": applications.events,
    "iam": infrastructure.iam,
    "kms": secrets.kms,
    "lambda": applications.awslambda,
    "logs": compute.logs,
    "route53": infrastructure.route53,
    "s3": s3.requests,
    "scheduler": applications.scheduler,
    "secretsmanager": secrets.secretsmanager,
    "ses": messages.ses,
    "sesv2": messages.ses,
    "sns": messages.sns,
    "sqs": messages.sqs,
    "ssm": secrets.ssm,
    "sts": secrets.sts,
}
"""By boto3's name."""


def requests(call: Call, resources: Resources) -> list[Request]:
    """What IAM decides about for a call; all of it must be allowed. Raises UnknownOperationError."""
    if call.service not in SERVICES:
        raise UnknownOperationError(f"{call.service}:{call.operation}")
    needed = list(SERVICES[call.service](call, resources))
    return [*needed, *tagged_at_creation(call, needed)]
