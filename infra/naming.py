"""Every name that holds the project's or the stack's name. Pure: `ops` makes the same names.

Pulumi allows 100 letters, digits, `_`, `-` and `.` in each. AWS allows less, and each service something else.
"""

import hashlib
import re
from collections.abc import Mapping

CONFIGURATION_SET_LENGTH = 64
"""Amazon SES (docs.aws.amazon.com/ses/latest/APIReference/API_ConfigurationSet.html)."""
FAMILY_LENGTH = 255
"""ECS (docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html)."""
DASHBOARD_LENGTH = 255
"""CloudWatch (docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutDashboard.html)."""
WEB_ACL_METRIC_LENGTH = 128
"""AWS WAF (docs.aws.amazon.com/waf/latest/APIReference/API_VisibilityConfig.html)."""
SCHEDULE_GROUP_LENGTH = 64
"""EventBridge Scheduler (docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateScheduleGroup.html)."""
ROLE_LENGTH = 64
POLICY_LENGTH = 128
"""IAM (docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html)."""
PREVIEW_ROLE, DEPLOY_ROLE = "preview", "deploy"
"""Roles of the pipelines, in their names (bootstrap/pipeline_roles.py)."""
BUCKET_PREFIX_LENGTH = 37
"""S3 allows 63 (docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html); the provider appends 26."""
BUCKET_SUFFIX_LENGTH = 26
"""Characters that the provider appends to a prefix: date, time and a counter."""
MEDIA_BUCKET, ACCESS_LOG_BUCKET = "media", "access-logs"
"""Roles of the stack's buckets in their names."""
TAG_VALUE_LENGTH = 256
"""All services (docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html)."""
DATABASE_NAME_LENGTH = 40
"""RDS allows 63 (docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html). The rest is for what
follows it in the instance's identifier and in the names of roles."""
CACHE_ID_LENGTH = 40
"""ElastiCache's users and user groups (docs.aws.amazon.com/AmazonElastiCache/latest/dg/Clusters.RBAC.html)."""
_RESERVED_BY_SSM = ("aws", "ssm")
"""Beginnings of parameter names (docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html)."""
_RESERVED_BY_DATABASE = re.compile(
    "admin|all|analyse|analyze|and|any|array|as|asc|asymmetric|both|case|cast|check|collate|column|"
    "constraint|create|database|db|default|deferrable|desc|distinct|do|else|end|except|false|fetch|"
    "for|foreign|from|grant|group|having|in|initially|intersect|into|lateral|leading|limit|localtime|"
    "localtimestamp|none|not|null|offset|on|only|or|order|placing|postgres|primary|public|rdsadmin|"
    "references|returning|select|some|symmetric|table|then|to|trailing|true|union|unique|user|using|"
    "variadic|when|where|window|with"
)
"""Key words of PostgreSQL (postgresql.org/docs/current/sql-keywords-appendix.html) and names that RDS keeps."""
MIGRATION_TAG = "migration"
"""Kind of the ECS service's own tag: the task definition that migrated the database for its release."""
SNAPSHOT_TAG = "before-migration"
"""Kind of the own tag of snapshots taken before a migration. Its value is the migration's task definition."""
RETAINED_TAG = "RetainOnDelete"
"""Tag of what `pulumi destroy` leaves in the account on purpose, whichever of Pulumi's ways does it."""
REPLACED_RECORDS = "replaced-dns-records"
"""Last part of `replaced_records_path`."""
_DIGEST_LENGTH = 8


def physical_name(project: str, stack: str, role: str = "", *, limit: int, lower: bool = False) -> str:
    """`<project>-<stack>`, with `-<role>` when given: at most `limit` letters, digits, `_` and `-`; with
    `lower` as S3 wants it, small letters, digits and `-`.

    Two stacks never share a name. Where cleaning, cutting or joining could make them alike, a hash of both names
    follows. Changing the rule for a name replaces the resources that have it.
    """
    suffix = f"-{role}" if role else ""
    plain = f"{project}-{stack}"
    clean = re.sub(r"[^a-z0-9-]", "-", plain.lower()) if lower else re.sub(r"[^A-Za-z0-9_-]", "-", plain)
    # A hyphen in the project's name: `a-b` and `c` would give the same name as `a` and `b-c`.
    if clean == plain and "-" not in project and len(plain + suffix) <= limit:
        return plain + suffix
    digest = hashlib.sha256(f"{project}/{stack}".encode()).hexdigest()[:_DIGEST_LENGTH]
    room = limit - len(f"-{digest}{suffix}")
    return f"{clean[:room].rstrip('-')}-{digest}{suffix}"


def configuration_set(project: str, stack: str) -> str:
    """Configuration set of Amazon SES."""
    return physical_name(project, stack, limit=CONFIGURATION_SET_LENGTH)


def dashboard(project: str, stack: str) -> str:
    """CloudWatch dashboard; operators look for it by name."""
    return physical_name(project, stack, limit=DASHBOARD_LENGTH)


def role_name(project: str, stack: str, role: str) -> str:
    """Name of an IAM role of the pipelines."""
    return physical_name(project, stack, role, limit=ROLE_LENGTH)


def policy_name(project: str, stack: str, role: str) -> str:
    """Name of a managed IAM policy of the pipelines."""
    return physical_name(project, stack, role, limit=POLICY_LENGTH)


def bucket_prefix(project: str, stack: str, role: str) -> str:
    """Beginning of an S3 bucket's name. The pipelines' roles reach the stack's buckets by it (bootstrap/scope.py)."""
    name = physical_name(project, stack, role, limit=BUCKET_PREFIX_LENGTH - 1, lower=True)
    return f"{name.lstrip('-')}-"


def cache_id(project: str, stack: str, role: str) -> str:
    """Id of a user or a user group of ElastiCache: small letters, digits and `-`, after a letter."""
    name = physical_name(project, stack, role, limit=CACHE_ID_LENGTH - 1, lower=True).strip("-")
    return name if name[:1].isalpha() else f"c{name}"


def web_acl_metric(project: str, stack: str) -> str:
    """Dimension `WebACL` of WAF's metrics: two stacks of one region must not share it."""
    return physical_name(project, stack, limit=WEB_ACL_METRIC_LENGTH)


def task_family(project: str, stack: str, kind: str) -> str:
    """Family of a task definition; ECS numbers revisions within it."""
    return physical_name(project, stack, kind, limit=FAMILY_LENGTH)


def schedule_group(project: str, stack: str) -> str:
    """Group of the stack's schedules in EventBridge Scheduler, which the release's record names too."""
    return physical_name(project, stack, limit=SCHEDULE_GROUP_LENGTH)


def parameter_name(project: str, stack: str) -> str:
    """SSM parameter with a stack's releases. It is fixed, so that the command line finds it."""
    return f"/{project}/{stack}/releases"


def replaced_records_path(project: str, stack: str) -> str:
    """Path of the SSM parameters with the DNS records that the stack replaced; `<zone id>/<host>` follows."""
    return f"/{project}/{stack}/{REPLACED_RECORDS}"


def name_tag(project: str, stack: str, logical_name: str) -> str:
    """The tag `Name`, which the AWS console shows; `ops recover` finds a resource by it."""
    return f"{project}-{stack}-{logical_name}"[:TAG_VALUE_LENGTH]


def database_name(project: str) -> str:
    """Database, its owner, and beginning of the instance's identifier: small letters and digits, no reserved word."""
    letters = re.sub(r"[^a-z0-9]", "", project.lower())
    name = (letters if letters[:1].isalpha() else f"db{letters}")[:DATABASE_NAME_LENGTH]
    return f"{name}site" if _RESERVED_BY_DATABASE.fullmatch(name) else name


def own_tag(project: str, kind: str) -> str:
    """Key of a tag that this program reads again: `<project>:<kind>`."""
    return f"{project}:{kind}"


def own_tag_value(tags: Mapping[str, str], kind: str) -> str | None:
    """Value of the tag of this kind; None without it."""
    return next((value for key, value in tags.items() if key.endswith(f":{kind}")), None)


def project_problem(project: str) -> str | None:
    """Why AWS would refuse a name made from the project's; None when it would not."""
    if project.lower().startswith(_RESERVED_BY_SSM):
        return "must not begin with aws or ssm, because SSM keeps such parameter names for itself"
    return None
