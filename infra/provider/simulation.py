"""Ask IAM, in previews, which actions the deployer lacks for the planned resources, and say it in one warning."""

from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import boto3
import pulumi
from botocore.exceptions import BotoCoreError, ClientError
from pulumi.runtime import register_stack_transformation

from infra.hooks import in_thread
from infra.provider.identity import stack_session
from infra.provider.lacking import Lacking, Place, Question, deploying_role, message, questions, role_name

PAGE = 1000
"""Most results that IAM returns at once."""


class NotSimulatedError(Exception):
    """IAM does not say what the caller may do; the message says why."""


class PlannedTypes:
    """Types of the resources that the program declares from now on."""

    def __init__(self, *, region: str, boundary_arn: str) -> None:
        self._types: set[str] = set()
        self._names = {"region": region, "boundary_arn": boundary_arn}
        register_stack_transformation(self._add)

    def _add(self, args: pulumi.ResourceTransformationArgs) -> None:
        self._types.add(args.type_)

    def warn_of_lacking_actions(self) -> None:
        """Call it once all resources are declared. It does nothing in updates, whose preview has said it."""
        if not pulumi.runtime.is_dry_run():
            return
        names = {**self._names, "project": pulumi.get_project(), "stack": pulumi.get_stack()}
        asked = in_thread(report, stack_session(), frozenset(self._types), names)
        # Meanwhile the engine previews. Pulumi waits for every output before a program ends.
        lines: pulumi.Output[dict[str, str]] = pulumi.Output.from_input(cast(Any, asked))
        lines.apply(_log)


def _log(lines: Mapping[str, str]) -> None:
    if lines["warning"]:
        pulumi.log.warn(lines["warning"])
    if lines["note"]:
        pulumi.log.info(lines["note"])


def report(session: Any, types: Collection[str], names: Mapping[str, str]) -> dict[str, str]:
    """The warning of lacking actions, or the note that IAM does not say it. Both are empty when nothing lacks."""
    try:
        found = ask(session(), types, names)
    except (NotSimulatedError, BotoCoreError, ClientError) as error:
        return {"warning": "", "note": f"Whether the actions that this stack needs are allowed is not known: {error}"}
    return {"warning": message(found, names["project"], names["stack"]), "note": ""}


def ask(session: boto3.Session, types: Collection[str], names: Mapping[str, str]) -> Lacking:
    """What the caller lacks, or the role that deploys for it. Raises NotSimulatedError."""
    identity = session.client("sts").get_caller_identity()
    iam: Any = session.client("iam")
    who = _principal(iam, identity["Arn"], names["project"], names["stack"])
    asked = list(questions(types, Place(account=identity["Account"], **names)))
    with ThreadPoolExecutor(4) as threads:
        answers = threads.map(lambda one: _denied(iam, who, one), asked)
        return Lacking(who=who, needed_by={action: by for answer in answers for action, by in answer.items()})


def _principal(iam: Any, caller: str, project: str, stack: str) -> str:
    """ARN of the role or user to simulate: a session's ARN lacks the path of its role."""
    if name := role_name(caller):
        arn: str = iam.get_role(RoleName=deploying_role(name, project, stack))["Role"]["Arn"]
        return arn
    if ":user/" in caller:
        return caller
    raise NotSimulatedError(f"IAM simulates roles and users, and the caller is {caller}")


def _denied(iam: Any, who: str, question: Question) -> dict[str, Collection[str]]:
    """The actions that are allowed on none of the resources, with what needs them."""
    lacking = _not_allowed(iam, who, question, sorted(question.needed_by))
    suffix = f" to {question.to}" if question.to else ""
    return {f"{action}{suffix}": question.needed_by[action] for action in lacking}


def _not_allowed(iam: Any, who: str, question: Question, actions: list[str]) -> list[str]:
    """IAM refuses a request whose actions "require different authorization information", so halves are asked then.

    One action that IAM does not simulate counts as allowed.
    docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
    """
    try:
        results = _simulated(iam, who, question, actions)
    except ClientError as error:
        if error.response["Error"]["Code"] != "InvalidInput":
            raise
        middle = len(actions) // 2
        halves = (actions[:middle], actions[middle:]) if middle else ()
        return [one for half in halves for one in _not_allowed(iam, who, question, half)]
    allowed = {one["EvalActionName"] for one in results if one["EvalDecision"] == "allowed"}
    return [action for action in actions if action not in allowed]


def _simulated(iam: Any, who: str, question: Question, actions: list[str]) -> list[dict[str, Any]]:
    pages = iam.get_paginator("simulate_principal_policy").paginate(
        PolicySourceArn=who,
        ActionNames=actions,
        ResourceArns=list(question.resources),
        ContextEntries=[
            {"ContextKeyName": key, "ContextKeyType": "string", "ContextKeyValues": [value]}
            for key, value in question.context.items()
        ],
        MaxItems=PAGE,
    )
    return [one for page in pages for one in page["EvaluationResults"]]
