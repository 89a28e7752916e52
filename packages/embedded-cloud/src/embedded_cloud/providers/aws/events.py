"""EventBridge: rules with their targets, and pipes."""

from typing import Any

from embedded_cloud.emulation import Emulation
from embedded_cloud.providers.aws.documents import checked_documents, same_document
from embedded_cloud.providers.aws.references import ROLE
from embedded_cloud.providers.aws.sns import TOPIC
from embedded_cloud.providers.aws.sqs import QUEUE
from embedded_cloud.providers.aws.tagging import TagOperations, by_state_arn, tagging
from embedded_cloud.providers.call import Call, from_boto
from embedded_cloud.providers.entry import AutoName, Reference, ResourceType
from embedded_cloud.providers.values import Values

RULE = Reference("EventBridge rule", lambda call, name: call.aws("events").describe_rule(Name=name))
RULE_TAGS = tagging(TagOperations(service="events", resource="ResourceARN"), by_state_arn)
PIPE_TAGS = tagging(
    TagOperations(service="pipes", resource="resourceArn", tags="tags", keys="tagKeys", answer="tags", as_map=True),
    by_state_arn,
)
_RULE = "name description eventPattern state"
_PIPE = "name source target roleArn description desiredState sourceParameters targetParameters"


def _put_rule(call: Call) -> str:
    call.aws("events").put_rule(**call.params(_RULE))
    return str(call.inputs["name"])


def _put_target(call: Call) -> str:
    target: dict[str, Any] = {"Id": call.inputs["targetId"], "Arn": call.inputs["arn"]}
    if transformer := call.inputs.get("inputTransformer"):
        target["InputTransformer"] = {
            # Keys are names of the program, not of AWS.
            "InputPathsMap": dict(transformer.get("inputPaths") or {}),
            "InputTemplate": transformer["inputTemplate"],
        }
    call.aws("events").put_targets(Rule=call.inputs["rule"], Targets=[target])
    return f"{call.inputs['rule']}-{call.inputs['targetId']}"


def _read_target(call: Call) -> Values | None:
    rule, name = call.state["rule"], call.state["targetId"]
    targets = call.aws("events").list_targets_by_rule(Rule=rule)["Targets"]
    found = next((one for one in targets if one["Id"] == name), None)
    if found is None:
        return None
    transformer = found.get("InputTransformer")
    own = {"inputTemplate": transformer["InputTemplate"]} if transformer else {}
    if transformer and transformer.get("InputPathsMap"):
        own["inputPaths"] = transformer["InputPathsMap"]
    return {"rule": rule, "targetId": name, "arn": found["Arn"], **({"inputTransformer": own} if own else {})}


def _create_pipe(call: Call) -> str:
    call.aws("pipes").create_pipe(**call.params(_PIPE))
    return str(call.inputs["name"])


def _update_pipe(call: Call) -> None:
    call.aws("pipes").update_pipe(**call.params("name target roleArn description desiredState targetParameters"))


EMULATION = Emulation(
    service="Amazon EventBridge",
    types="aws:cloudwatch/event aws:pipes/",
    acts=(
        "events of stopped ECS tasks reach the rules that match them",
        "pipes read SQS queues; rules and pipes publish to SNS topics",
    ),
    stored=("other events",),
)

RESOURCES = (
    ResourceType(
        "aws:cloudwatch/eventRule:EventRule",
        create=_put_rule,
        read=lambda call: from_boto(call.aws("events").describe_rule(Name=call.id), f"{_RULE} arn"),
        update=_put_rule,
        delete=lambda call: call.aws("events").delete_rule(Name=call.id),
        reported=_RULE,
        replaces="name",
        name=AutoName(max_length=64),
        tags=RULE_TAGS,
        equal={"eventPattern": same_document},
        check=checked_documents("eventPattern"),
        effect="Events of stopped ECS tasks arrive; there are no other events.",
    ),
    ResourceType(
        "aws:cloudwatch/eventTarget:EventTarget",
        create=_put_target,
        read=_read_target,
        update=_put_target,
        delete=lambda call: call.aws("events").remove_targets(Rule=call.state["rule"], Ids=[call.state["targetId"]]),
        reported="rule targetId arn inputTransformer",
        replaces="rule targetId",
        name=AutoName("targetId", max_length=64),
        references={"rule": RULE, "arn": TOPIC},
        effect="A topic gets the text of the input transformer.",
    ),
    ResourceType(
        "aws:pipes/pipe:Pipe",
        create=_create_pipe,
        read=lambda call: from_boto(call.aws("pipes").describe_pipe(Name=call.id), f"{_PIPE} arn"),
        update=_update_pipe,
        delete=lambda call: call.aws("pipes").delete_pipe(Name=call.id),
        reported=_PIPE,
        replaces="name source",
        name=AutoName(max_length=64),
        tags=PIPE_TAGS,
        references={"source": QUEUE, "target": TOPIC, "roleArn": ROLE},
        effect="Messages of an SQS queue are published to the SNS topic.",
    ),
)
