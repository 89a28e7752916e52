"""What IAM knows of services, actions, ARNs and conditions, as far as the rules for permissions need it."""

WITHOUT_RESOURCE = frozenset(
    f"{service}:{name}"
    for service, names in {
        "bedrock": "ListFoundationModels",
        "cloudwatch": "GetMetricData GetMetricStatistics ListMetrics PutMetricData",
        "comprehend": "BatchDetectSentiment DetectDominantLanguage DetectKeyPhrases DetectPiiEntities DetectSentiment "
        "DetectSyntax",
        "dynamodb": "ListTables",
        "kms": "GenerateRandom",
        "polly": "DescribeVoices SynthesizeSpeech",
        "rekognition": "CompareFaces DetectFaces DetectLabels DetectModerationLabels DetectText RecognizeCelebrities",
        "s3": "ListAllMyBuckets",
        "secretsmanager": "GetRandomPassword",
        "ses": "GetAccount GetSendQuota GetSendStatistics GetSuppressedDestination ListSuppressedDestinations",
        "sns": "CheckIfPhoneNumberIsOptedOut GetSMSAttributes ListPhoneNumbersOptedOut OptInPhoneNumber",
        "sqs": "ListQueues",
        "textract": "AnalyzeDocument AnalyzeExpense AnalyzeID DetectDocumentText GetDocumentAnalysis "
        "GetDocumentTextDetection StartDocumentAnalysis StartDocumentTextDetection",
        "transcribe": "StartStreamTranscription StartTranscriptionJob",
        "translate": "ListLanguages TranslateText",
        "xray": "GetSamplingRules GetSamplingTargets PutTelemetryRecords PutTraceSegments",
    }.items()
    for name in names.split()
)
"""Actions that AWS authorizes for `*`: the service authorization reference names no resource type for them, or an
optional one (docs.aws.amazon.com/service-authorization/latest/reference). docs/permissions.md lists them."""

SMS = "sns:Publish"
"""Sends a message to a topic by its ARN, or to a phone number, which has none."""
ALL_TOPICS = "arn:aws:sns:*:*:*"

_IDENTITIES = "decides who may do what in the account"
_INFRASTRUCTURE = "changes or starts infrastructure, which this program does"
REFUSED = {
    **dict.fromkeys(("account", "iam", "identitystore", "organizations", "sso", "sso-directory"), _IDENTITIES),
    **dict.fromkeys(("application-autoscaling", "autoscaling", "cloudformation", "ec2", "ecr", "ecs"), _INFRASTRUCTURE),
    **dict.fromkeys(("elasticloadbalancing", "rds", "ssmmessages", "wafv2"), _INFRASTRUCTURE),
}
"""Services that no application calls with its own role, with the reason."""
ONLY = {
    "kms": (
        *("Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "GenerateMac"),
        *("GenerateRandom", "GetPublicKey", "ReEncryptFrom", "ReEncryptTo", "Sign", "Verify", "VerifyMac"),
    ),
    "sts": ("AssumeRole", "TagSession"),
}
"""The only actions of a service: those that use a key, and those that take a role."""
ARN_SERVICE = {"kafka-cluster": "kafka", "rds-data": "rds", "redshift-data": "redshift", "sts": "iam"}
"""Service in the ARNs of an action's resources, where it is not the action's own."""
UNTYPED = ("sns", "sqs")
"""Services whose ARNs hold a name without a type before it."""

_COMPARISONS = (
    *("StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike"),
    *("StringNotLike", "NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals"),
    *("NumericGreaterThan", "NumericGreaterThanEquals", "DateEquals", "DateNotEquals", "DateLessThan"),
    *("DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals", "Bool", "BinaryEquals", "IpAddress"),
    *("NotIpAddress", "ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"),
)
OPERATORS = (
    "Null",
    *(
        f"{quantifier}{name}{tail}"
        for quantifier in ("", "ForAllValues:", "ForAnyValue:")
        for name in _COMPARISONS
        for tail in ("", "IfExists")
    ),
)
"""docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html"""

_ENDPOINTS = {
    "bedrock": "bedrock-runtime",
    "cloudwatch": "monitoring",
    "kinesis": "kinesis-streams",
    "ses": "email",
}


def endpoint(service: str, region: str) -> str:
    """Name of the VPC endpoint by which a network reaches a service
    (docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html)."""
    return f"com.amazonaws.{region}.{_ENDPOINTS.get(service, service)}"
