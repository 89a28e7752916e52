"""What IAM does in an embedded cloud."""

from embedded_cloud.emulation import Emulation

EMULATION = Emulation(
    service="AWS IAM",
    types="aws:iam/",
    acts=(
        "each call that is signed with a role's credentials is decided, presigned URLs too",
        "what ECS, EventBridge Scheduler and pipes do with a role is decided in the same way",
        "the role's policies decide, its boundary, the policy of the session, key policies and trust policies",
        "conditions on tags of resources",
        "each decision stands in `iam-decisions.jsonl` of the cloud's folder",
        "service-linked roles appear with the first resource of a service, and stay",
    ),
    stored=(
        "the roles of RDS Enhanced Monitoring and of flow logs: nothing acts with them",
        "policies of buckets, queues, topics and secrets; service control policies",
        "the policies of users: whoever has no role is an administrator",
        "`iam:CreateServiceLinkedRole`: the log names each request that needs it on AWS",
    ),
    refused=(
        "what a role's policies do not allow, in each service's words",
        "operations that are in none of the tables, and policies with variables; the message says so",
        "names that are taken, quotas of policies",
    ),
)
