"""What the deploy role may not touch, although its other policies name the actions. Pure: no resources."""

from bootstrap.scope import Scope, Statement, named

_TAGGED = [
    *named("acm", "DeleteCertificate"),
    *named("ec2", "DeleteInternetGateway DeleteNatGateway DeleteRouteTable DeleteSecurityGroup DeleteSubnet DeleteVpc"),
    *named("ec2", "DeleteVpcEndpoints ReleaseAddress"),
    *named("ecr", "BatchDeleteImage DeleteRepository PutImage PutLifecyclePolicy"),
    *named("ecs", "DeleteCluster DeleteService UpdateService"),
    *named("elasticloadbalancing", "DeleteListener DeleteLoadBalancer DeleteTargetGroup ModifyListener"),
    *named("elasticloadbalancing", "ModifyLoadBalancerAttributes ModifyTargetGroup SetSecurityGroups SetSubnets"),
    *named("logs", "DeleteLogGroup"),
    *named("secretsmanager", "DeleteSecret GetSecretValue PutResourcePolicy PutSecretValue UpdateSecret"),
    *named("sns", "DeleteTopic SetTopicAttributes"),
    *named("sqs", "DeleteQueue SetQueueAttributes"),
]
"""Actions on one resource that has the stack's tags since its creation (docs.aws.amazon.com/service-authorization)."""
_TAGGED_AMONG_OTHERS = [
    *named("elasticache", "DeleteReplicationGroup DeleteUser DeleteUserGroup ModifyReplicationGroup ModifyUser"),
    *named("elasticache", "ModifyUserGroup"),
    *named("rds", "DeleteDBInstance ModifyDBInstance RebootDBInstance"),
    *named("wafv2", "DeleteWebACL UpdateWebACL"),
]
"""Actions that AWS also checks against resources without tags, such as RDS's default option group."""
_DATABASES_AND_WEB_ACLS = [
    *("arn:aws:rds:*:*:db:*", "arn:aws:wafv2:*:*:*/webacl/*"),
    *(f"arn:aws:elasticache:*:*:{kind}:*" for kind in ("replicationgroup", "user", "usergroup")),
]
_KEYS = [
    *named("kms", "CreateGrant Decrypt Encrypt GenerateDataKey* PutKeyPolicy ScheduleKeyDeletion"),
    "kms:UpdateKeyDescription",
]


def foreign_resources(scope: Scope) -> list[Statement]:
    """Denials: resources without the stack's tags, and the administration of the state's key."""
    other_keys = {"NotResource": scope.state_key_arn} if scope.state_key_arn else {"Resource": "*"}
    denials: list[Statement] = []
    # Two statements: the values of one condition block must all differ.
    for tag, value in scope.own_tags.items():
        condition = {"StringNotEquals": {tag: value}}
        for actions, resource in ((_TAGGED, "*"), (_TAGGED_AMONG_OTHERS, _DATABASES_AND_WEB_ACLS)):
            denials.append({"Effect": "Deny", "Action": actions, "Resource": resource, "Condition": condition})
        denials.append({"Effect": "Deny", "Action": _KEYS, **other_keys, "Condition": condition})
    if scope.state_key_arn:
        used = named("kms", "Decrypt DescribeKey Encrypt")
        denials.append({"Effect": "Deny", "NotAction": used, "Resource": scope.state_key_arn})
    return denials
