"""Services that applications call besides: DynamoDB, EventBridge, EventBridge Scheduler, Lambda."""

from collections.abc import Iterable, Mapping

from embedded_cloud.iam.evaluation import Request
from embedded_cloud.iam.operations.call import Call, request
from embedded_cloud.iam.operations.infrastructure import general
from embedded_cloud.iam.resources import Resources

_IN_TRANSACTIONS: Mapping[str, str] = {
    "ConditionCheck": "ConditionCheckItem",
    "Delete": "DeleteItem",
    "Get": "GetItem",
    "Put": "PutItem",
    "Update": "UpdateItem",
}
"""docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html"""


def dynamodb(call: Call, resources: Resources) -> Iterable[Request]:
    """docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html"""
    if items := call.parameters.get("TransactItems"):
        parts = [(kind, one["TableName"]) for item in items for kind, one in item.items()]
        return [request(f"dynamodb:{_IN_TRANSACTIONS[kind]}", _table(call, name)) for kind, name in parts]
    if tables := call.parameters.get("RequestItems"):
        return [request(f"dynamodb:{call.operation}", _table(call, name)) for name in tables]
    if index := call.text("IndexName"):
        return [request(f"dynamodb:{call.operation}", f"{_table(call, call.text('TableName'))}/index/{index}")]
    return general(call, resources)


def _table(call: Call, name: str) -> str:
    return call.arn("dynamodb", name if name.startswith("arn:") else f"table/{name}")


def events(call: Call, resources: Resources) -> Iterable[Request]:
    """docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridge.html"""
    if call.operation != "PutEvents":
        return general(call, resources)
    buses = {one.get("EventBusName") or "default" for one in call.parameters.get("Entries") or ()}
    arns = (call.arn("events", one if one.startswith("arn:") else f"event-bus/{one}") for one in sorted(buses))
    return [request("events:PutEvents", arn) for arn in arns]


def scheduler(call: Call, resources: Resources) -> Iterable[Request]:
    """docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridgescheduler.html"""
    found = list(general(call, resources))
    if not call.operation.endswith("Schedule"):
        return found
    arn = call.arn("scheduler", f"schedule/{call.text('GroupName') or 'default'}/{call.text('Name')}")
    passed = [one for one in found if one.action == "iam:PassRole"]
    return [request(f"scheduler:{call.operation}", arn), *passed]


def awslambda(call: Call, resources: Resources) -> Iterable[Request]:
    """docs.aws.amazon.com/lambda/latest/dg/lambda-api-permissions-ref.html"""
    found = list(general(call, resources))
    name, qualifier = call.text("FunctionName"), call.text("Qualifier")
    if call.operation != "Invoke" or not qualifier or not found:
        return found
    arn = call.arn("lambda", name if name.startswith("arn:") else f"function:{name}")
    return [request(found[0].action, f"{arn}:{qualifier}")]
