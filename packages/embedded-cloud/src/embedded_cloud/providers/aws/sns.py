"""SNS: topics, topic policies, subscriptions."""

import json
from collections.abc import Iterator

from embedded_cloud.emulation import Emulation
from embedded_cloud.providers.aws.documents import checked_documents, same_policy
from embedded_cloud.providers.aws.references import KMS_KEY
from embedded_cloud.providers.aws.tagging import TOPIC_TAGS
from embedded_cloud.providers.call import Call, capitals
from embedded_cloud.providers.entry import AutoName, Reference, ResourceType
from embedded_cloud.providers.values import Values

TOPIC = Reference("SNS topic", lambda call, arn: call.aws("sns").get_topic_attributes(TopicArn=arn))

_ATTRIBUTES = capitals("displayName kmsMasterKeyId policy deliveryPolicy")
_SUBSCRIPTION = capitals("rawMessageDelivery filterPolicy filterPolicyScope")


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _attributes(call: Call, table: dict[str, str]) -> dict[str, str]:
    return {theirs: _text(call.inputs[ours]) for ours, theirs in table.items() if ours in call.inputs}


def _changes(call: Call, table: dict[str, str]) -> Iterator[dict[str, str]]:
    """AWS sets one attribute per request."""
    for ours, theirs in table.items():
        if call.changed(ours):
            yield {"AttributeName": theirs, "AttributeValue": _text(call.inputs.get(ours, ""))}


def _create_topic(call: Call) -> str:
    made = call.aws("sns").create_topic(Name=call.inputs["name"], Attributes=_attributes(call, _ATTRIBUTES))
    return str(made["TopicArn"])


def _read_topic(call: Call) -> Values:
    attributes = call.aws("sns").get_topic_attributes(TopicArn=call.id)["Attributes"]
    known = {ours: attributes[theirs] for ours, theirs in _ATTRIBUTES.items() if attributes.get(theirs)}
    if "policy" not in call.inputs:
        # AWS's default policy, or the one of a TopicPolicy resource: no drift of the topic.
        known.pop("policy", None)
    name = call.id.rpartition(":")[2]
    return {**known, "arn": call.id, "name": name, "owner": attributes["Owner"]}


def _update_topic(call: Call) -> None:
    for change in _changes(call, _ATTRIBUTES):
        call.aws("sns").set_topic_attributes(TopicArn=call.id, **change)


def _put_policy(call: Call) -> str:
    topic = str(call.inputs["arn"])
    call.aws("sns").set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=call.inputs["policy"])
    return topic


def _read_policy(call: Call) -> Values:
    attributes = call.aws("sns").get_topic_attributes(TopicArn=call.id)["Attributes"]
    return {"arn": call.id, "policy": attributes["Policy"], "owner": attributes["Owner"]}


def _delete_policy(call: Call) -> None:
    """Restore AWS's default policy: a topic always has one."""
    account = {"AWS": f"arn:aws:iam::{call.account}:root"}
    statement = {"Effect": "Allow", "Principal": account, "Action": "SNS:Publish", "Resource": call.id}
    default = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    call.aws("sns").set_topic_attributes(TopicArn=call.id, AttributeName="Policy", AttributeValue=default)


def _subscribe(call: Call) -> str:
    answer = call.aws("sns").subscribe(
        **call.params("protocol endpoint", topic="TopicArn"),
        Attributes=_attributes(call, _SUBSCRIPTION),
        ReturnSubscriptionArn=True,
    )
    return str(answer["SubscriptionArn"])


def _read_subscription(call: Call) -> Values:
    attributes = call.aws("sns").get_subscription_attributes(SubscriptionArn=call.id)["Attributes"]
    known = {ours: attributes[theirs] for ours, theirs in _SUBSCRIPTION.items() if theirs in attributes}
    if "rawMessageDelivery" in known:
        known["rawMessageDelivery"] = known["rawMessageDelivery"] == "true"
    return {
        **known,
        "arn": call.id,
        "topic": attributes["TopicArn"],
        "protocol": attributes["Protocol"],
        "endpoint": attributes["Endpoint"],
        "ownerId": attributes["Owner"],
        "pendingConfirmation": attributes.get("PendingConfirmation") == "true",
        "confirmationWasAuthenticated": False,
    }


def _update_subscription(call: Call) -> None:
    for change in _changes(call, _SUBSCRIPTION):
        call.aws("sns").set_subscription_attributes(SubscriptionArn=call.id, **change)


EMULATION = Emulation(
    service="Amazon SNS",
    types="aws:sns/",
    acts=("messages to an e-mail address are files",),
    stored=("deliveries to other protocols",),
)

RESOURCES = (
    ResourceType(
        "aws:sns/topic:Topic",
        effect="passes messages to its e-mail addresses",
        create=_create_topic,
        read=_read_topic,
        update=_update_topic,
        delete=lambda call: call.aws("sns").delete_topic(TopicArn=call.id),
        reported="name displayName kmsMasterKeyId policy deliveryPolicy",
        replaces="name",
        name=AutoName(max_length=256),
        tags=TOPIC_TAGS,
        references={"kmsMasterKeyId": KMS_KEY},
        equal={"policy": same_policy},
    ),
    ResourceType(
        "aws:sns/topicPolicy:TopicPolicy",
        create=_put_policy,
        read=_read_policy,
        update=_put_policy,
        delete=_delete_policy,
        reported="arn policy",
        replaces="arn",
        references={"arn": TOPIC},
        equal={"policy": same_policy},
        check=checked_documents("policy"),
    ),
    ResourceType(
        "aws:sns/topicSubscription:TopicSubscription",
        effect="an e-mail address gets its messages as files",
        create=_subscribe,
        read=_read_subscription,
        update=_update_subscription,
        delete=lambda call: call.aws("sns").unsubscribe(SubscriptionArn=call.id),
        reported="topic protocol endpoint rawMessageDelivery filterPolicy filterPolicyScope",
        unreported="confirmationTimeoutInMinutes endpointAutoConfirms",
        replaces="topic protocol endpoint",
        references={"topic": TOPIC},
    ),
)
