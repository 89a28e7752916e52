"""What of the machine is worth watching: its own numbers, EC2's, and what nginx's log says of its visitors. Pure."""

from dataclasses import dataclass

import pulumi

from infra.alarm_rules import Alarm, application_errors, slow
from infra.dashboard import Graphs
from infra.machine.program.metrics import ANSWERS, CERTIFICATE, DISK, KILLS, MEMORY, NAMESPACE, SWAP
from infra.metrics import Metric

ERRORS, SECONDS = "Errors", "AnswerSeconds"
FILTERS = {
    ERRORS: ('{ ($.logger = "nginx") && ($.status >= 500) }', "1"),
    SECONDS: ('{ ($.logger = "nginx") && ($.seconds >= 0) }', "$.seconds"),
}
"""Metric to (pattern of log lines, value of each), in the words of CloudWatch Logs' metric filters."""
CUSTOM_METRICS = (ANSWERS, CERTIFICATE, MEMORY, SWAP, DISK, KILLS, *FILTERS)
CREDITS_SECONDS = 300
"""EC2 counts CPU credits every five minutes, whatever it is asked for."""
CERTIFICATE_DAYS = 15
"""The machine renews when 30 are left: by then it has failed for a fortnight, and there is as long to act."""


@dataclass(frozen=True, kw_only=True)
class WatchedMachine:
    """The names that CloudWatch knows the machine and its visitors by."""

    host: str
    """The site's main name: the machine's numbers outlive the machine."""
    group: pulumi.Input[str]
    """The auto scaling group."""
    log_namespace: str
    """Of the metrics that are taken from the log."""


def alarms(watched: WatchedMachine) -> list[Alarm]:
    """What hurts visitors, then what will."""
    return [*_visitors(watched), *_machine(watched)]


def graphs(watched: WatchedMachine) -> Graphs:
    """Visitors on top, the machine below."""
    return {
        "The site answers": [_own(watched, ANSWERS, "Minimum")],
        "Answer time in seconds": [_logged(watched, SECONDS, quantile) for quantile in ("p50", "p99")],
        "Errors, and processes ended for want of memory, per minute": [
            _logged(watched, ERRORS, "Sum"),
            _own(watched, KILLS, "Sum"),
        ],
        "CPU of the machine in percent": [_ec2(watched, "CPUUtilization", "Average")],
        "CPU credits left and charged, days of the certificate": [
            _ec2(watched, "CPUCreditBalance", "Minimum"),
            _ec2(watched, "CPUSurplusCreditsCharged", "Maximum"),
            _own(watched, CERTIFICATE, "Minimum"),
        ],
        "Memory, swap and disk in percent": [_own(watched, name, "Maximum") for name in (MEMORY, SWAP, DISK)],
    }


def _visitors(watched: WatchedMachine) -> list[Alarm]:
    return [
        Alarm(
            role="no-answer",
            metric=_own(watched, ANSWERS, "Minimum"),
            comparison="LessThanThreshold",
            threshold=1,
            minutes=3,
            missing="breaching",
            advice="The machine is away or its site does not answer. It repairs itself; if it stays so, see its log.",
        ),
        application_errors(_logged(watched, ERRORS, "Sum")),
        slow(_logged(watched, SECONDS, "p99"), "machine"),
    ]


def _machine(watched: WatchedMachine) -> list[Alarm]:
    return [
        Alarm(
            role="memory",
            metric=_own(watched, MEMORY, "Maximum"),
            comparison="GreaterThanThreshold",
            threshold=90,
            minutes=10,
            missing="notBreaching",
            advice="The machine is about to run out of memory. Raise preqly:vmInstanceType or look for a leak.",
        ),
        Alarm(
            role="memory-kills",
            metric=_own(watched, KILLS, "Sum"),
            comparison="GreaterThanThreshold",
            threshold=0,
            minutes=1,
            missing="notBreaching",
            advice="A process was ended for want of memory. Find the request in the log, or raise preqly:taskMemory.",
        ),
        Alarm(
            role="disk",
            metric=_own(watched, DISK, "Maximum"),
            comparison="GreaterThanThreshold",
            threshold=85,
            minutes=5,
            missing="notBreaching",
            advice="The machine's disk fills up. Nothing on it is needed: ending the instance brings up an empty one.",
        ),
        Alarm(
            role="cpu-credits",
            metric=_ec2(watched, "CPUSurplusCreditsCharged", "Maximum"),
            comparison="GreaterThanThreshold",
            threshold=0,
            # Once: AWS charges at the end of an hour, so one number in twelve may be all there is to see.
            minutes=5,
            missing="notBreaching",
            advice="The machine is busier than its type allows for, so AWS charges CPU credits. Choose a larger "
            "preqly:vmInstanceType, or look for what keeps it busy.",
            period=CREDITS_SECONDS,
        ),
        Alarm(
            role="certificate",
            metric=_own(watched, CERTIFICATE, "Minimum"),
            comparison="LessThanThreshold",
            threshold=CERTIFICATE_DAYS,
            minutes=15,
            missing="notBreaching",
            advice="The certificate was not renewed: see machine/keeper in the log. One of your own is yours to renew.",
        ),
    ]


def _own(watched: WatchedMachine, name: str, statistic: str) -> Metric:
    return Metric(namespace=NAMESPACE, name=name, dimensions={"Site": watched.host}, statistic=statistic)


def _ec2(watched: WatchedMachine, name: str, statistic: str) -> Metric:
    dimensions = {"AutoScalingGroupName": watched.group}
    return Metric(namespace="AWS/EC2", name=name, dimensions=dimensions, statistic=statistic)


def _logged(watched: WatchedMachine, name: str, statistic: str) -> Metric:
    return Metric(namespace=watched.log_namespace, name=name, dimensions={}, statistic=statistic)
