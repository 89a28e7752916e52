"""What may keep a deploy from working: the machine, the account, its quotas, names and receivers."""

from collections.abc import Iterator
from typing import Any

import boto3
from botocore.exceptions import ClientError

from infra.provider.session import account_of
from ops import project
from ops.checks import machine, names, quotas
from ops.checks.check import Check, check
from ops.stack import open_session, stacks
from ops.status import health

AREA = "Account"
ALARMS = "Alarms"


def doctor(owner: str, stack: str, region: str | None) -> list[Check]:
    """Every check, before or after the first deploy. Changes nothing.

    Raises UsageError when the stack has no settings file, and errors of boto3 without credentials.
    """
    settings = project.settings(stack)
    session = open_session(stack, region)
    deployed = stack in stacks(session, owner)
    return [
        *machine.checks(settings["architecture"]),
        *_account(session),
        *quotas.checks(session, settings, deployed=deployed),
        *names.checks(session, settings, owner, stack),
        *(_receivers(session, owner, stack) if deployed else ()),
    ]


def _account(session: boto3.Session) -> Iterator[Check]:
    who = session.client("sts").get_caller_identity()["Arn"]
    rule = "AWS accepts the credentials"
    yield check(AREA, rule, True, found=f"account {account_of(session)}, {who.rpartition(':')[2]}")
    region = str(session.region_name)
    ec2: Any = session.client("ec2")
    rule = f"Region {region} is enabled"
    try:
        regions = ec2.describe_regions(RegionNames=[region], AllRegions=True)["Regions"]
    except ClientError as error:
        yield Check(area=AREA, rule=rule, state="unknown", found=error.response["Error"]["Code"])
        return
    disabled = any(one.get("OptInStatus") == "not-opted-in" for one in regions)
    yield check(AREA, rule, not disabled, fix=f"aws account enable-region --region-name {region}")


def _receivers(session: boto3.Session, owner: str, stack: str) -> Iterator[Check]:
    alarms = health.alarms(session, owner, stack)
    problems = [problem for topic in alarms.topics for problem in topic.problems(needed=True)]
    rule = "Somebody has confirmed to receive the alarms"
    found = ", ".join(alarms.receivers)
    yield check(ALARMS, rule, not problems, found=found, fix=" ".join(problems), otherwise="warning")
