"""Everyday commands of the stack: complete, ready to paste into a checkout of the project, without a secret."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Commands:
    """Commands for one stack; each is one line."""

    region: str
    stack: str

    @property
    def logs(self) -> str:
        """Follow the log of all containers."""
        return self._ops("logs", " --follow")

    @property
    def rollback(self) -> str:
        """Roll back to the release before this one."""
        return self._ops("rollback")

    @property
    def shell(self) -> str:
        """Open a shell in the application's container."""
        return self._ops("shell")

    @property
    def database(self) -> str:
        """Open psql on the database."""
        return self._ops("psql")

    def _ops(self, command: str, more: str = "") -> str:
        return f"python -m ops {command} --stack {self.stack} --region {self.region}{more}"
