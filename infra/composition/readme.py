"""The stack's page in Pulumi Cloud: release, everyday commands, cost."""

from collections.abc import Mapping

from infra.composition.commands import Commands
from infra.pricing.cost import Estimate


def readme(url: str, release: str, commands: Commands, estimate: Estimate, egress: Mapping[str, float]) -> str:
    """Markdown of the page. `egress` is the monthly price in US dollars of each choice of the setting."""
    everyday = {
        "Follow the logs": commands.logs,
        "Open a shell in the application's container": commands.shell,
        "Open psql on the database": commands.database,
        "Roll back to the previous release": commands.rollback,
    }
    recipes = "\n\n".join(f"{title}:\n\n```sh\n{command}\n```" for title, command in everyday.items())
    bill = "\n".join(f"| {line.name} | {_dollars(line.usd)} |" for line in estimate.lines)
    usage = "\n".join(f"- {item.name}: {item.usd:g} per {item.unit}" for item in estimate.usage)
    choices = ", ".join(f"`{value}` {usd:.2f}" for value, usd in egress.items())
    return f"""# {url}

Release `{release}`.

## Everyday commands

{recipes}

## Cost of a quiet month (US dollars, us-east-1, without traffic)

| | |
| --- | ---: |
{bill}
| **total** | **{_dollars(estimate.total_usd)}** |

By `egress`: {choices}.

Not in the total, because it depends on use (prices of us-east-1):

{usage}
"""


def _dollars(usd: float | None) -> str:
    return "no price known" if usd is None else f"{usd:.2f}"
