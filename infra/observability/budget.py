"""Monthly AWS budget with notifications."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

SPENT_PERCENT = 80
FORECAST_PERCENT = 100


@dataclass(frozen=True, kw_only=True)
class BudgetArgs:
    """Arguments of the budget."""

    monthly_usd: int
    topic_arn: pulumi.Input[str]


class Budget(pulumi.ComponentResource):
    """Notifies at 80 % of the limit and when the forecast exceeds it; counts the costs of the whole account.

    A budget per stack needs a cost allocation tag that only the organisation's payer account can activate.
    """

    def __init__(self, name: str, args: BudgetArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("preqly:infra:Budget", name, None, opts)
        budget = aws.budgets.Budget(
            f"{name}-month",
            budget_type="COST",
            time_unit="MONTHLY",
            limit_amount=str(args.monthly_usd),
            limit_unit="USD",
            notifications=[
                _notification("ACTUAL", SPENT_PERCENT, args.topic_arn),
                _notification("FORECASTED", FORECAST_PERCENT, args.topic_arn),
            ],
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"budget": budget.name})


def _notification(kind: str, percent: int, topic_arn: pulumi.Input[str]) -> aws.budgets.BudgetNotificationArgs:
    return aws.budgets.BudgetNotificationArgs(
        notification_type=kind,
        comparison_operator="GREATER_THAN",
        threshold=float(percent),
        threshold_type="PERCENTAGE",
        subscriber_sns_topic_arns=[topic_arn],
    )
