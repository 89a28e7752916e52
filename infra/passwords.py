"""The secrets the stack makes up itself."""

from dataclasses import dataclass

import pulumi
import pulumi_random as random


@dataclass(frozen=True, kw_only=True)
class PasswordsArgs:
    """When new passwords are made."""

    generation: int
    """Raising it makes both anew; tasks restart with them."""


class Passwords(pulumi.ComponentResource):
    """Random letters and digits only, so that no URL, shell or database engine refuses them; both are secret."""

    database: pulumi.Output[str]
    secret_key: pulumi.Output[str]
    """Django's SECRET_KEY."""

    def __init__(self, name: str, args: PasswordsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("preqly:infra:Passwords", name, None, opts)
        self._keepers = {"generation": str(args.generation)}
        self.database = self._random(f"{name}-database", length=40)
        self.secret_key = self._random(f"{name}-secret-key", length=64)
        self.register_outputs({"database": self.database, "secret_key": self.secret_key})

    def _random(self, name: str, *, length: int) -> pulumi.Output[str]:
        password = random.RandomPassword(
            name, length=length, special=False, keepers=self._keepers, opts=pulumi.ResourceOptions(parent=self)
        )
        return pulumi.Output.secret(password.result)
