"""Mails about runs of schedules that cannot mail for themselves: which events, and their text. Pure."""

import json

from infra.release.record import COMMAND

GROUP = "schedule:"
"""Beginning of the ECS group of a schedule's tasks; the schedule's name follows."""
MAILED = 100
"""Exit code of a run that has mailed its failure (django_hosting/schedules/run.py)."""
PATHS = {
    "schedule": "$.detail.group",
    "code": "$.detail.containers[0].exitCode",
    "stopped": "$.detail.stoppedReason",
    "reason": "$.detail.containers[0].reason",
    "task": "$.detail.taskArn",
}


def stopped_tasks(cluster_arn: str) -> str:
    """Event pattern: a schedule's task ended with a failure that its own process did not mail, or never started.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_task_events.html
    """
    return json.dumps(
        {
            "source": ["aws.ecs"],
            "detail-type": ["ECS Task State Change"],
            "detail": {
                "clusterArn": [cluster_arn],
                "group": [{"prefix": GROUP}],
                "lastStatus": ["STOPPED"],
                "$or": [
                    {"stopCode": ["TaskFailedToStart"]},
                    {"containers": {"exitCode": [{"anything-but": [0, MAILED]}]}},
                ],
            },
        }
    )


def stopped_task_text(site: str, log_group: str, region: str) -> str:
    """Input template of the rule's target; EventBridge wants each line in quotes."""
    stream = f"{COMMAND}/{COMMAND}/"
    lines = (
        f"{site}: <schedule> failed, and its task could not say more.",
        "Exit code: <code>",
        "Reason: <stopped> <reason>",
        "Task: <task>",
        f"Log group: {log_group}, log stream: {stream} and the last part of the task",
        f"aws logs tail {log_group} --region {region} --log-stream-name-prefix {stream}$(basename <task>)",
    )
    return "\n".join(f'"{line}"' for line in lines)


def not_started_text(site: str) -> str:
    """Input template of the pipe for the message of EventBridge Scheduler in its dead-letter queue.

    https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html
    """
    attribute = "<$.messageAttributes.{}.stringValue>"
    return json.dumps(
        f"{site}: the task of {attribute.format('SCHEDULE_ARN')} did not start. "
        f"{attribute.format('ERROR_CODE')}: {attribute.format('ERROR_MESSAGE')}"
    )
