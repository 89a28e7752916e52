"""The stack's page: what runs, what it costs and how to look after it. Pure: no resources."""

from infra.commands import Commands
from infra.cost import Estimate


def readme(url: str, release: str, commands: Commands, estimate: Estimate, egress_usd: dict[str, float]) -> str:
    """Markdown for Pulumi's page of the stack, written from the stack's own values."""
    everyday = {
        "Follow the logs": commands.logs,
        "Open a shell in a task": commands.shell,
        f"Reach the database on localhost:{commands.database_port}": commands.database,
        "Go back to the release before": commands.rollback,
    }
    recipes = "\n\n".join(f"{title}:\n\n```sh\n{command}\n```" for title, command in everyday.items())
    bill = "\n".join(f"| {line.name} | {_dollars(line.usd)} |" for line in estimate.lines)
    choices = ", ".join(f"`{egress}` {_dollars(usd)}" for egress, usd in egress_usd.items())
    return f"""# {url}

Release `{release}`.

## Everyday commands

{recipes}

## What a quiet month costs (US dollars, us-east-1, without traffic)

| | |
| --- | ---: |
{bill}
| **together** | **{_dollars(estimate.total_usd)}** |

The way out of the tasks, by choice of `egress`: {choices}.
"""


def _dollars(usd: float | None) -> str:
    return "no price known" if usd is None else f"{usd:.2f}"
