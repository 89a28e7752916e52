"""A word before the bill: warnings against a monthly limit."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

SPENT_PERCENT = 80
FORECAST_PERCENT = 100


@dataclass(frozen=True, kw_only=True)
class BudgetArgs:
    """The limit and who hears of it."""

    monthly_usd: int
    topic_arn: pulumi.Input[str]


class Budget(pulumi.ComponentResource):
    """Warns when 80 % of the limit is spent and when the forecast passes it. It counts the whole account.

    Costs of one stack alone would need a cost allocation tag that only the organisation's payer can activate; without
    it such a budget stays at zero and never warns.
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
                _warning("ACTUAL", SPENT_PERCENT, args.topic_arn),
                _warning("FORECASTED", FORECAST_PERCENT, args.topic_arn),
            ],
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"budget": budget.name})


def _warning(kind: str, percent: int, topic_arn: pulumi.Input[str]) -> aws.budgets.BudgetNotificationArgs:
    return aws.budgets.BudgetNotificationArgs(
        notification_type=kind,
        comparison_operator="GREATER_THAN",
        threshold=float(percent),
        threshold_type="PERCENTAGE",
        subscriber_sns_topic_arns=[topic_arn],
    )
