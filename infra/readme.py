"""The stack's page: what runs, what it costs and how to look after it. Pure: no resources."""

from collections.abc import Mapping

from infra.commands import Commands
from infra.estimate import Estimate


def readme(
    url: str,
    release: str,
    commands: Commands,
    estimate: Estimate,
    choices: Mapping[str, Mapping[str, float]],
) -> str:
    """Markdown for Pulumi's page of the stack, written from the stack's own values.

    `choices`: what the values of a setting would cost, by the setting's key.
    """
    everyday = {
        "Follow the logs": commands.logs,
        "Open a shell in the application's container": commands.shell,
        f"Reach the database on localhost:{commands.database_port}": commands.database,
        "Go back to the release before": commands.rollback,
    }
    recipes = "\n\n".join(f"{title}:\n\n```sh\n{command}\n```" for title, command in everyday.items())
    bill = "\n".join(f"| {line.name} | {_dollars(line.usd)} |" for line in estimate.lines)
    compared = "\n".join(f"By `{key}`: {_compared(usd)}." for key, usd in choices.items())
    return f"""# {url}

Release `{release}`.

## Everyday commands

{recipes}

## What a quiet month costs (US dollars, us-east-1, without traffic)

| | |
| --- | ---: |
{bill}
| **together** | **{_dollars(estimate.total_usd)}** |

{compared}
"""


def _compared(usd_by_value: Mapping[str, float]) -> str:
    return ", ".join(f"`{value}` {_dollars(usd)}" for value, usd in usd_by_value.items())


def _dollars(usd: float | None) -> str:
    return "no price known" if usd is None else f"{usd:.2f}"
