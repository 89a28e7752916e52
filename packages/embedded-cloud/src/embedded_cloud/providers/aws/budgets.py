"""Budgets: limits with their notifications."""

from typing import Any

from embedded_cloud.emulation import Emulation
from embedded_cloud.providers.aws.sns import TOPIC
from embedded_cloud.providers.aws.tagging import KEPT_BY_PULUMI
from embedded_cloud.providers.call import Call, capital
from embedded_cloud.providers.entry import AutoName, ResourceType
from embedded_cloud.providers.values import Values

_CONDITION = "notificationType comparisonOperator threshold thresholdType"


def _create(call: Call) -> str:
    call.aws("budgets").create_budget(
        AccountId=call.account,
        Budget=_budget(call.inputs),
        NotificationsWithSubscribers=[_notification(one) for one in call.inputs.get("notifications", [])],
    )
    return f"{call.account}:{call.inputs['name']}"


def _budget(inputs: Values) -> dict[str, Any]:
    limit = {"Amount": str(inputs["limitAmount"]), "Unit": inputs.get("limitUnit", "USD")}
    kind = {"BudgetType": inputs["budgetType"], "TimeUnit": inputs["timeUnit"]}
    return {"BudgetName": inputs["name"], "BudgetLimit": limit, **kind}


def _notification(one: Values) -> dict[str, Any]:
    condition = {capital(name): one[name] for name in _CONDITION.split() if name in one}
    topics = [{"SubscriptionType": "SNS", "Address": arn} for arn in one.get("subscriberSnsTopicArns", [])]
    mails = [{"SubscriptionType": "EMAIL", "Address": mail} for mail in one.get("subscriberEmailAddresses", [])]
    return {"Notification": condition, "Subscribers": topics + mails}


def _name(call: Call) -> str:
    return call.id.partition(":")[2]


def _read(call: Call) -> Values:
    budget = call.aws("budgets").describe_budget(AccountId=call.account, BudgetName=_name(call))["Budget"]
    return {
        "name": budget["BudgetName"],
        "budgetType": budget["BudgetType"],
        "timeUnit": budget["TimeUnit"],
        "limitAmount": budget["BudgetLimit"]["Amount"],
        "limitUnit": budget["BudgetLimit"]["Unit"],
        "accountId": call.account,
        "arn": f"arn:aws:budgets::{call.account}:budget/{budget['BudgetName']}",
    }


def _delete(call: Call) -> None:
    call.aws("budgets").delete_budget(AccountId=call.account, BudgetName=_name(call))


def _update(call: Call) -> None:
    # moto has no UpdateBudget. The name, and with it the id, stays.
    _delete(call)
    _create(call)


EMULATION = Emulation(
    service="AWS Budgets",
    types="aws:budgets/",
)

RESOURCES = (
    ResourceType(
        "aws:budgets/budget:Budget",
        create=_create,
        read=_read,
        update=_update,
        delete=_delete,
        reported="name budgetType timeUnit limitAmount limitUnit",
        unreported="notifications",
        replaces="name",
        name=AutoName(max_length=100),
        tags=KEPT_BY_PULUMI,
        references={"notifications.subscriberSnsTopicArns": TOPIC},
        unordered="notifications",
        equal={"limitAmount": lambda one, other: float(one) == float(other)},
    ),
)
