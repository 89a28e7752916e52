"""Systems Manager: maximum length of a parameter."""

from collections.abc import Callable
from typing import Any

from moto.ssm.exceptions import ValidationException
from moto.ssm.models import SimpleSystemManagerBackend

from embedded_cloud.api.moto_patches.replace import replace_method

Method = Callable[..., Any]

STANDARD_CHARACTERS = 4096
"""Maximum of a Standard parameter (AWS documentation: "Managing parameter tiers")."""


def apply() -> None:
    """Patch parameters. Idempotent."""
    replace_method(SimpleSystemManagerBackend, "put_parameter", _put)


def _put(original: Method) -> Method:
    def put(
        self: SimpleSystemManagerBackend, name: str, description: str, value: str, *others: Any, **named: Any
    ) -> Any:
        tier = named.get("tier") or self.default_parameter_tier
        if tier == "Standard" and len(value) > STANDARD_CHARACTERS:
            raise ValidationException(
                f"Standard tier parameters support a maximum parameter value of {STANDARD_CHARACTERS} characters. To "
                "create a larger parameter value, upgrade the parameter to use the advanced-parameter tier. For more "
                "information, see https://docs.aws.amazon.com/systems-manager/latest/userguide/"
                "parameter-store-advanced-parameters.html"
            )
        return original(self, name, description, value, *others, **named)

    return put
