"""`[[permissions]]` of hosting.toml: one statement of IAM."""

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, model_validator

from infra.permissions import rules, services
from infra.table import Table

Values = str | tuple[str, ...]


class Permission(Table):
    """An IAM policy statement of the application's task role that allows actions."""

    actions: tuple[Annotated[str, AfterValidator(rules.action)], ...] = Field(
        min_length=1, description="Actions, such as sqs:SendMessage."
    )
    resources: tuple[Annotated[str, AfterValidator(rules.resource)], ...] = Field(
        min_length=1, description="ARNs that they apply to."
    )
    conditions: Annotated[dict[str, dict[str, Values]], AfterValidator(rules.conditions)] = Field(
        default={}, description="Condition operators with their keys and values, as in IAM."
    )

    @model_validator(mode="after")
    def belong_together(self) -> Self:
        """IAM takes actions and resources that do not belong together, and they allow nothing or everything."""
        alone = [one for one in self.actions if one in services.WITHOUT_RESOURCE]
        named = [one for one in self.actions if one not in services.WITHOUT_RESOURCE]
        if self._sends_sms:
            return self
        if "*" not in self.resources and alone:
            raise ValueError(f'{", ".join(alone)} has no resource in IAM; write a statement with resources = ["*"]')
        if "*" in self.resources and len(self.resources) > 1:
            raise ValueError('"*" stands for all resources; write it alone, or remove it')
        if "*" in self.resources and services.SMS in named:
            raise ValueError(f'{services.SMS} on "*" is for phone numbers; write it into a statement of its own')
        if "*" in self.resources and named:
            raise ValueError(f'"*" allows {", ".join(named)} on everything in the account; write the ARNs of resources')
        owners = {one.split(":")[2] for one in self.resources if one != "*"}
        for one in named:
            service = one.partition(":")[0]
            wanted = services.ARN_SERVICE.get(service, service)
            if wanted not in owners:
                raise ValueError(f"{one} allows nothing on these resources; add an ARN arn:aws:{wanted}:...")
        return self

    @property
    def _sends_sms(self) -> bool:
        return (self.actions, self.resources) == ((services.SMS,), ("*",))

    def statement(self, names: Mapping[str, str]) -> dict[str, Any]:
        """As IAM has it, with `names` in place of the placeholders."""

        def filled(values: Values) -> Any:
            if isinstance(values, str):
                return rules.PLACEHOLDER.sub(lambda found: names[found[1]], values)
            return [filled(one) for one in values]

        # What is no topic is a phone number.
        where = {"NotResource": services.ALL_TOPICS} if self._sends_sms else {"Resource": filled(self.resources)}
        allowed = {"Effect": "Allow", "Action": list(self.actions), **where}
        if not self.conditions:
            return allowed
        conditions = {
            operator: {key: filled(value) for key, value in keys.items()} for operator, keys in self.conditions.items()
        }
        return {**allowed, "Condition": conditions}
