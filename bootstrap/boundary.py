"""Permissions boundary of the roles that the hosted program makes. Pure: no resources."""

from collections.abc import Iterator

from bootstrap.scope import Scope, Statement, allow, document, named
from infra.permissions.statements import statements
from infra.policies import READ_SECRET, Arn
from infra.problem import Problem, SettingsError

MOST_CHARACTERS = 6144
"""Of a managed policy: docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""


def boundary(scope: Scope) -> str:
    """The most that tasks, RDS monitoring and the flow log may do, whatever policy a deploy gives their roles.

    Raises SettingsError when IAM has no room for it.
    """
    written = document(*_platform(scope), *_existing_secrets(scope), *_application(scope))
    if len(written) > MOST_CHARACTERS:
        rule = (
            f"with existingSecrets the boundary has {len(written)} characters, and a managed policy of IAM has room "
            f"for {MOST_CHARACTERS}"
        )
        fix = "keep several values as keys of one secret, or name fewer resources in hosting.toml"
        raise SettingsError([Problem("hosting.toml: permissions", None, rule, fix)])
    return written


def _platform(scope: Scope) -> list[Statement]:
    here = {"aws:RequestedRegion": scope.region}
    return [
        allow(
            [
                # Of a task that starts, which has no tags before.
                "ecs:TagResource",
                *named("ecr", "BatchCheckLayerAvailability BatchGetImage GetAuthorizationToken GetDownloadUrlForLayer"),
                *named("logs", "CreateLogGroup CreateLogStream DescribeLogGroups DescribeLogStreams GetLogEvents"),
                *named("logs", "PutLogEvents PutRetentionPolicy"),
                *named("ses", "SendEmail SendRawEmail"),
                *named("ssmmessages", "CreateControlChannel CreateDataChannel OpenControlChannel OpenDataChannel"),
            ],
            condition={"StringEquals": here},
        ),
        allow(
            [
                *named("kms", "Decrypt GenerateDataKey*"),
                "secretsmanager:GetSecretValue",
                # Schedules: start tasks, and mail what did not start.
                "ecs:RunTask",
                "sns:Publish",
                *named("sqs", "DeleteMessage GetQueueAttributes ReceiveMessage SendMessage"),
            ],
            condition={"StringEquals": {**here, **scope.own_tags}},
        ),
        allow(
            ["iam:PassRole"],
            scope.roles,
            condition={"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
        ),
        allow(
            named("s3", "AbortMultipartUpload DeleteObject GetObject ListBucket PutObject"),
            [*scope.buckets, *(f"{bucket}/*" for bucket in scope.buckets)],
        ),
    ]


def _application(scope: Scope) -> list[Statement]:
    """The statements of hosting.toml: a deploy alone widens them no further."""
    names = {"account": scope.account, "region": scope.region, "project": scope.project, "stack": scope.stack}
    return statements(scope.permissions, names)


def _existing_secrets(scope: Scope) -> Iterator[Statement]:
    """Exactly the secrets of the setting `existingSecrets`: a deploy alone gives a task no other secret to read."""
    for service, (action, context) in READ_SECRET.items():
        arns = sorted(arn for arn in scope.existing_secrets if Arn.parse(arn).service == service)
        if arns:
            encrypted = {f"kms:EncryptionContext:{context}": arns}
            yield allow([action], arns)
            yield allow(["kms:Decrypt"], condition={"StringEquals": encrypted})
