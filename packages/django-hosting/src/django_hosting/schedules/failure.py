"""Mail about a failed run, through the SNS topic of the site's alarms."""

import json
import logging
import os
import urllib.request
from collections.abc import Iterable, Mapping
from urllib.parse import unquote, urlsplit

TOPIC_VARIABLE = "ALARM_TOPIC"
"""ARN of the topic; without it nothing is mailed."""
SUBJECT_VARIABLE = "ALARM_SUBJECT"
"""Beginning of the subject."""
SECRETS_VARIABLE = "SECRET_VARIABLES"
"""Names of the variables with secrets, separated by commas."""
METADATA_VARIABLE = "ECS_CONTAINER_METADATA_URI_V4"
"""docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-fargate.html"""
MASK = "***"
LEAST_LENGTH = 4
"""Shorter values are no secrets, and would mask parts of words."""
SUBJECT_LENGTH = 100
"""docs.aws.amazon.com/sns/latest/api/API_Publish.html"""

log = logging.getLogger(__name__)


def mail(subject: str, facts: Mapping[str, str], lines: Iterable[str]) -> bool:
    """Publish what happened, with the last lines of the log. Returns whether SNS took it; errors are logged."""
    topic = os.environ.get(TOPIC_VARIABLE)
    if not topic:
        return False
    facts = {**facts, **_log_stream()}
    text = "\n".join([*(f"{name}: {value}" for name, value in facts.items()), "", "Last lines:", *lines])
    import boto3  # noqa: PLC0415 - an extra
    from botocore.config import Config  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        # Without a way to SNS the end of this process says it soon: an EventBridge rule sends the mail then.
        config = Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 2})
        client = boto3.client("sns", region_name=topic.split(":")[3], config=config)
        # SNS takes printable ASCII only.
        title = f"{os.environ.get(SUBJECT_VARIABLE, '')} {subject}".strip().encode("ascii", "replace").decode()
        client.publish(TopicArn=topic, Subject=title[:SUBJECT_LENGTH], Message=masked(text))
    except (BotoCoreError, ClientError) as error:
        log.warning("The mail about the failed run could not be published: %s: %s", type(error).__name__, error)
        return False
    return True


def masked(text: str) -> str:
    """The text without the values of the secret variables, and without the passwords and list items in them."""
    names = [name for name in os.environ.get(SECRETS_VARIABLE, "").split(",") if name]
    secrets = {part for name in names for part in _parts(os.environ.get(name, ""))}
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= LEAST_LENGTH:
            text = text.replace(secret, MASK)
    return text


def _parts(value: str) -> Iterable[str]:
    yield value
    yield from value.split(",")
    yield from value.splitlines()
    try:
        password = urlsplit(value).password
    except ValueError:
        return
    if password:
        yield from (password, unquote(password))


def _log_stream() -> dict[str, str]:
    address = os.environ.get(METADATA_VARIABLE)
    if not address:
        return {}
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310 - an address of the platform
            options = json.load(answer).get("LogOptions", {})
    except (OSError, ValueError) as error:
        log.warning("The name of the log stream is unknown: %s", error)
        return {}
    return {
        label: options[name]
        for label, name in (("Log group", "awslogs-group"), ("Log stream", "awslogs-stream"))
        if name in options
    }
