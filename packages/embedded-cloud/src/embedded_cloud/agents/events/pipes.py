"""EventBridge Pipes from an SQS queue to an SNS topic."""

from typing import Any

from embedded_cloud.agents.agent import CloudContext
from embedded_cloud.agents.events.permissions import Caller, refusal
from embedded_cloud.agents.events.templates import from_event
from embedded_cloud.iam.operations.call import Call

SERVICE = "pipes.amazonaws.com"
READING = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
"""docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-permissions.html"""
VISIBILITY_SECONDS = 30


class Pipes:
    """Callers hold the cloud's lock."""

    def __init__(self, context: CloudContext) -> None:
        self._context = context

    def reconcile(self) -> None:
        """Forward the messages of each running pipe."""
        queues = {one.queue_arn: name for name, one in self._context.backend("sqs").queues.items()}
        for pipe in self._context.backend("pipes").pipes.values():
            if pipe.desired_state == "RUNNING" and pipe.source in queues:
                self._forward(pipe, queues[pipe.source])

    def _forward(self, pipe: Any, queue: str) -> None:
        needed = [Call(service="sqs", operation=name, parameters={"QueueName": queue}) for name in READING]
        needed.append(Call(service="sns", operation="Publish", parameters={"TopicArn": pipe.target}))
        caller = Caller(service=SERVICE, role_arn=pipe.role_arn, source_arn=pipe.arn, session=pipe.name)
        sqs, sns = self._context.backend("sqs"), self._context.backend("sns")
        if pipe.target not in sns.topics or refusal(self._context, caller, needed):
            return
        for message in sqs.receive_message(queue, 10, 0, VISIBILITY_SECONDS, ["All"]):
            event = {
                "messageId": message.id,
                "body": message.body,
                "eventSource": "aws:sqs",
                "eventSourceARN": pipe.source,
                "messageAttributes": {
                    name: {"stringValue": value.get("StringValue", ""), "dataType": value["DataType"]}
                    for name, value in message.message_attributes.items()
                },
            }
            template = (pipe.target_parameters or {}).get("InputTemplate") or "<$>"
            sns.publish(from_event(template, event), pipe.target)
            sqs.delete_message(queue, message.receipt_handle)
            self._context.touch()
