from typing import Any

from infra.budget import Budget, BudgetArgs


def test_the_team_hears_of_spending_before_the_limit_and_of_a_forecast_beyond_it(engine: Any) -> None:
    engine.run(lambda: Budget("budget", BudgetArgs(monthly_usd=150, topic_arn="topic")))
    budget = engine.one("budgets/budget:Budget")
    assert (budget["limitAmount"], budget["limitUnit"], budget["timeUnit"]) == ("150", "USD", "MONTHLY")
    warnings = [(w["notificationType"], w["threshold"], w["thresholdType"]) for w in budget["notifications"]]
    assert warnings == [("ACTUAL", 80, "PERCENTAGE"), ("FORECASTED", 100, "PERCENTAGE")]
    assert all(warning["subscriberSnsTopicArns"] == ["topic"] for warning in budget["notifications"])
