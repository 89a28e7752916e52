"""Permissions boundary of the roles that the hosted program makes. Pure: no resources."""

from bootstrap.scope import Scope, allow, document, named


def boundary(scope: Scope) -> str:
    """The most that tasks, RDS monitoring and the flow log may do, whatever policy a deploy gives their roles."""
    here = {"aws:RequestedRegion": scope.region}
    return document(
        allow(
            [
                *named("ecr", "BatchCheckLayerAvailability BatchGetImage GetAuthorizationToken GetDownloadUrlForLayer"),
                *named("logs", "CreateLogGroup CreateLogStream DescribeLogGroups DescribeLogStreams GetLogEvents"),
                *named("logs", "PutLogEvents PutRetentionPolicy"),
                *named("ses", "SendEmail SendRawEmail"),
                *named("ssmmessages", "CreateControlChannel CreateDataChannel OpenControlChannel OpenDataChannel"),
            ],
            condition={"StringEquals": here},
        ),
        allow(
            [*named("kms", "Decrypt GenerateDataKey*"), "secretsmanager:GetSecretValue"],
            condition={"StringEquals": {**here, **scope.own_tags}},
        ),
        allow(
            named("s3", "AbortMultipartUpload DeleteObject GetObject ListBucket PutObject"),
            [*scope.buckets, *(f"{bucket}/*" for bucket in scope.buckets)],
        ),
    )
