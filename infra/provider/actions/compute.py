"""ECS, its images and scaling, the load balancer, its certificate and its web ACL."""

from functools import partial

from infra.provider.actions.model import Actions

_TAG = "TagResource UntagResource ListTagsForResource"
_Scaling = partial(Actions, service="application-autoscaling")
_Ecr = partial(Actions, service="ecr")
_Ecs = partial(Actions, service="ecs")
_Elb = partial(Actions, service="elasticloadbalancing", tag="AddTags RemoveTags DescribeTags")
_Waf = partial(Actions, service="wafv2")

COMPUTE = {
    "aws:acm/certificate:Certificate": Actions(
        service="acm",
        source="acm/certificate.go",
        read="DescribeCertificate",
        create="RequestCertificate",
        update="UpdateCertificateOptions",
        delete="DeleteCertificate",
        tag="AddTagsToCertificate RemoveTagsFromCertificate ListTagsForCertificate",
    ),
    "aws:acm/certificateValidation:CertificateValidation": Actions(
        service="acm", source="acm/certificate_validation.go", read="DescribeCertificate"
    ),
    "aws:appautoscaling/policy:Policy": _Scaling(
        source="appautoscaling/policy.go",
        read="DescribeScalingPolicies",
        create="PutScalingPolicy",
        delete="DeleteScalingPolicy",
        # docs.aws.amazon.com/autoscaling/application/userguide/security_iam_id-based-policy-examples.html
        besides="cloudwatch:PutMetricAlarm cloudwatch:DescribeAlarms cloudwatch:DeleteAlarms",
    ),
    "aws:appautoscaling/target:Target": _Scaling(
        source="appautoscaling/target.go",
        read="DescribeScalableTargets",
        create="RegisterScalableTarget",
        delete="DeregisterScalableTarget",
        tag=_TAG,
        # The page of the policy.
        besides="ecs:DescribeServices ecs:UpdateService",
        linked_role_of=("ecs.application-autoscaling",),
    ),
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": _Ecr(
        source="ecr/lifecycle_policy.go",
        read="GetLifecyclePolicy",
        create="PutLifecyclePolicy",
        delete="DeleteLifecyclePolicy",
    ),
    "aws:ecr/repository:Repository": _Ecr(
        source="ecr/repository.go",
        read="DescribeRepositories",
        create="CreateRepository",
        update="PutImageScanningConfiguration PutImageTagMutability",
        delete="DeleteRepository",
        tag=_TAG,
        # docs.aws.amazon.com/AmazonECR/latest/userguide/encryption-at-rest.html
        besides="kms:CreateGrant kms:RetireGrant kms:DescribeKey",
    ),
    "aws:ecs/cluster:Cluster": _Ecs(
        source="ecs/cluster.go",
        read="DescribeClusters",
        create="CreateCluster",
        update="UpdateCluster",
        delete="DeleteCluster",
        tag=_TAG,
        linked_role_of=("ecs",),
    ),
    "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders": _Ecs(
        source="ecs/cluster_capacity_providers.go", read="DescribeClusters", create="PutClusterCapacityProviders"
    ),
    "aws:ecs/service:Service": _Ecs(
        source="ecs/service.go",
        read="DescribeServices",
        create="CreateService",
        update="UpdateService",
        delete="UpdateService DeleteService",
        tag=_TAG,
        linked_role_of=("ecs",),
    ),
    "aws:ecs/taskDefinition:TaskDefinition": _Ecs(
        source="ecs/task_definition.go",
        read="DescribeTaskDefinition",
        create="RegisterTaskDefinition",
        delete="DeregisterTaskDefinition",
        tag=_TAG,
        passes_role_to=("ecs-tasks",),
    ),
    "aws:lb/listener:Listener": _Elb(
        source="elbv2/listener.go",
        read="DescribeListeners DescribeListenerAttributes",
        create="CreateListener ModifyListenerAttributes",
        update="ModifyListener",
        delete="DeleteListener",
    ),
    "aws:lb/loadBalancer:LoadBalancer": _Elb(
        source="elbv2/load_balancer.go",
        read="DescribeLoadBalancers DescribeLoadBalancerAttributes DescribeCapacityReservation",
        create="CreateLoadBalancer ModifyLoadBalancerAttributes",
        update="SetIpAddressType SetSecurityGroups SetSubnets",
        delete="DeleteLoadBalancer",
        # github.com/kubernetes-sigs/aws-load-balancer-controller/issues/3917
        besides="ec2:DescribeSubnets ec2:GetSecurityGroupsForVpc",
        linked_role_of=("elasticloadbalancing",),
    ),
    "aws:lb/targetGroup:TargetGroup": _Elb(
        source="elbv2/target_group.go",
        read="DescribeTargetGroups DescribeTargetGroupAttributes",
        create="CreateTargetGroup ModifyTargetGroupAttributes",
        update="ModifyTargetGroup",
        delete="DeleteTargetGroup",
    ),
    "aws:wafv2/webAcl:WebAcl": _Waf(
        source="wafv2/web_acl.go",
        read="GetWebACL",
        create="CreateWebACL",
        update="UpdateWebACL",
        delete="DeleteWebACL",
        tag=_TAG,
    ),
    "aws:wafv2/webAclAssociation:WebAclAssociation": _Waf(
        source="wafv2/web_acl_association.go",
        read="GetWebACLForResource",
        create="AssociateWebACL",
        delete="DisassociateWebACL",
        # docs.aws.amazon.com/waf/latest/developerguide/security_iam_service-with-iam.html
        besides="elasticloadbalancing:SetWebAcl",
    ),
    "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration": _Waf(
        source="wafv2/web_acl_logging_configuration.go",
        read="GetLoggingConfiguration",
        create="PutLoggingConfiguration",
        delete="DeleteLoggingConfiguration",
        # docs.aws.amazon.com/waf/latest/developerguide/logging-cw-logs.html
        besides="logs:CreateLogDelivery logs:DeleteLogDelivery logs:PutResourcePolicy logs:DescribeResourcePolicies "
        "logs:DescribeLogGroups",
        linked_role_of=("wafv2",),
    ),
}
