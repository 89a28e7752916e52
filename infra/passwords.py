"""The secrets the stack makes up itself."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_random as random


@dataclass(frozen=True, kw_only=True)
class PasswordsArgs:
    """Which generation of secrets is in use, and how many earlier keys of Django stay valid."""

    generation: int
    """Raising it makes all of them anew; tasks restart with them."""
    fallbacks: int
    """Earlier keys of Django that are still accepted; 0 also keeps the next one to itself."""
    before_rotation: Sequence[pulumi.Resource] = ()
    """What comes before a rotation: the owner's password is changed in place, and what fails sooner changes nothing."""


class Passwords(pulumi.ComponentResource):
    """Random letters and digits only, so that no URL, shell or database engine refuses them; all are secret."""

    owner: pulumi.Output[str]
    """The database's owner: migrations only."""
    application: pulumi.Output[str]
    """The role that the site's tasks of this generation connect as."""
    secret_key: pulumi.Output[str]
    """Django's SECRET_KEY."""
    secret_key_fallbacks: pulumi.Output[str]
    """Django's SECRET_KEY_FALLBACKS, comma separated; empty without any."""

    def __init__(self, name: str, args: PasswordsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("preqly:infra:Passwords", name, None, opts)
        # The first one stands in nobody's way, and a database takes longer to make than anything else.
        first = args.before_rotation if args.generation > 1 else ()
        self.owner = self._random(f"{name}-database", args.generation, length=40, after=first)
        self.application = self._random(f"{name}-application", args.generation, length=40)
        accepted = [args.generation, *fallback_generations(args.generation, args.fallbacks)]
        # One resource for each generation: a key that is replaced in place would be forgotten before its sessions end.
        keys = [self._random(f"{name}-secret-key-{number}", number, length=64) for number in accepted]
        self.secret_key = keys[0]
        self.secret_key_fallbacks = pulumi.Output.secret(pulumi.Output.all(*keys[1:]).apply(",".join))
        self.register_outputs({"secret_key": self.secret_key})

    def _random(
        self, name: str, generation: int, *, length: int, after: Sequence[pulumi.Resource] = ()
    ) -> pulumi.Output[str]:
        password = random.RandomPassword(
            name,
            length=length,
            special=False,
            keepers={"generation": str(generation)},
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(after)),
        )
        return pulumi.Output.secret(password.result)


def fallback_generations(generation: int, fallbacks: int) -> list[int]:
    """Generations whose keys are accepted beside the current one, newest first.

    The next one is among them: while a rotation rolls out, tasks of both generations answer the same visitor, and what
    a new task has signed an old one must believe, or the visitor is logged out.
    """
    if fallbacks == 0:
        return []
    return [generation + 1, *range(generation - 1, max(0, generation - 1 - fallbacks), -1)]
