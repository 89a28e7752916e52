"""Amazon ECS, Amazon ECR, CloudWatch Logs and CloudWatch."""

from collections.abc import Iterable

from embedded_cloud.iam.evaluation import Request
from embedded_cloud.iam.operations.call import Call, request
from embedded_cloud.iam.operations.passed_roles import TASKS, passed
from embedded_cloud.iam.operations.tagging import tags
from embedded_cloud.iam.resources import Resources, TaskDefinition

_CLUSTER_KEY = "ecs:cluster"
_OF_THE_CLUSTER = ("CreateCluster", "DeleteCluster", "DescribeClusters", "TagResource", "UntagResource")
_WITHOUT_RESOURCE = (
    *("DeregisterTaskDefinition", "DescribeTaskDefinition", "ListClusters", "ListServices"),
    *("ListTaskDefinitionFamilies", "ListTaskDefinitions", "ListTasks"),
)
_REGISTRY = ("GetAuthorizationToken", "DescribeRegistry", "GetRegistryPolicy", "PutRegistryPolicy")


def ecs(call: Call, resources: Resources) -> Iterable[Request]:
    """docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html"""
    if call.operation in ("RunTask", "StartTask"):
        return _run_task(call, resources)
    action, context = f"ecs:{call.operation}", tags(call)
    if call.operation == "RegisterTaskDefinition":
        arn = call.arn("ecs", f"task-definition/{call.text('family')}:*")
        roles = (call.text("taskRoleArn"), call.text("executionRoleArn"))
        return [Request(action=action, resource=arn, context=context), *passed(roles, TASKS)]
    if call.operation not in _OF_THE_CLUSTER:
        context[_CLUSTER_KEY] = _cluster(call)
    return [Request(action=action, resource=one, context=context) for one in _ecs_resources(call)]


def _ecs_resources(call: Call) -> list[str]:
    cluster = _cluster(call)
    if call.operation in _WITHOUT_RESOURCE:
        return ["*"]
    if tasks := _listed(call, "tasks", "task"):
        arns = [_in_cluster(call, "task", cluster, one) for one in tasks]
        return [*arns, cluster] if call.operation == "ExecuteCommand" else arns
    if services := _listed(call, "services", "service", "serviceName"):
        return [_in_cluster(call, "service", cluster, one) for one in services]
    named = _listed(call, "clusters", "clusterName")
    arns = [one if one.startswith("arn:") else call.arn("ecs", f"cluster/{one}") for one in named]
    return arns or [call.text("resourceArn") or cluster]


def _listed(call: Call, several: str, *single: str) -> list[str]:
    return [str(one) for one in call.parameters.get(several) or [call.text(*single)] if one]


def _cluster(call: Call) -> str:
    name = call.text("cluster") or "default"
    return name if name.startswith("arn:") else call.arn("ecs", f"cluster/{name}")


def _in_cluster(call: Call, kind: str, cluster: str, name: str) -> str:
    return call.arn("ecs", name if name.startswith("arn:") else f"{kind}/{cluster.rpartition('/')[2]}/{name}")


def _run_task(call: Call, resources: Resources) -> list[Request]:
    definition = resources.task_definition(call.text("taskDefinition"))
    cluster = _cluster(call)
    where = {_CLUSTER_KEY: cluster, **tags(call)}
    needed = [Request(action=f"ecs:{call.operation}", resource=definition.arn, context=where)]
    if call.parameters.get("tags") or call.text("propagateTags") not in ("", "NONE"):
        tasks = f"{cluster.replace(':cluster/', ':task/', 1)}/*"
        context = {"ecs:CreateAction": call.operation, **tags(call)}
        needed.append(Request(action="ecs:TagResource", resource=tasks, context=context))
    return [*needed, *passed(_roles(call, definition), TASKS)]


def _roles(call: Call, definition: TaskDefinition) -> tuple[str, str]:
    overrides = call.parameters.get("overrides") or {}
    return (
        str(overrides.get("taskRoleArn") or definition.task_role),
        str(overrides.get("executionRoleArn") or definition.execution_role),
    )


def ecr(call: Call, _: Resources) -> Iterable[Request]:
    """docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html"""
    names = _listed(call, "repositoryNames", "repositoryName")
    if call.operation in _REGISTRY or not (names or call.text("resourceArn")):
        return [request(f"ecr:{call.operation}")]
    arns = [call.arn("ecr", f"repository/{one}") for one in names] or [call.text("resourceArn")]
    return [request(f"ecr:{call.operation}", one) for one in arns]


def logs(call: Call, _: Resources) -> Iterable[Request]:
    """docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html

    A request about streams names one, or all of the group by an empty name.
    """
    action, group = f"logs:{call.operation}", call.text("logGroupName", "logGroupIdentifier")
    if call.text("resourceArn"):
        return [request(action, call.text("resourceArn"))]
    if not group:
        prefix = call.text("logGroupNamePrefix")
        return [request(action, call.arn("logs", f"log-group:{prefix}*" if prefix else "log-group::log-stream:"))]
    group = group.rpartition(":log-group:")[2].removesuffix(":*")
    return [request(action, call.arn("logs", f"log-group:{group}:log-stream:{call.text('logStreamName')}"))]


def cloudwatch(call: Call, _: Resources) -> Iterable[Request]:
    """docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html"""
    action = f"cloudwatch:{call.operation}"
    if call.operation == "PutMetricData":
        return [request(action, cloudwatch_namespace=call.text("Namespace"))]
    named = [call.arn("cloudwatch", f"alarm:{one}") for one in _listed(call, "AlarmNames", "AlarmName")]
    dashboards = _listed(call, "DashboardNames", "DashboardName")
    named += [f"arn:aws:cloudwatch::{call.account}:dashboard/{one}" for one in dashboards]
    return [request(action, one) for one in named or [call.text("ResourceARN") or "*"]]
