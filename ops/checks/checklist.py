"""The production checklist: what AWS Security Hub, Django and the browser's makers ask of a site that serves people."""

from ops.checks import alarms, database, load_balancer, network, site, storage, tasks
from ops.checks.check import Check
from ops.stack import Stack


def checklist(stack: Stack) -> list[Check]:
    """Every line, read from AWS and from the site itself. Changes nothing. Raises OpsError without a release."""
    release = stack.history()[-1]
    return [
        *site.checks(stack),
        *load_balancer.checks(stack),
        *network.checks(stack),
        *tasks.checks(stack, release),
        *database.checks(stack, release),
        *storage.checks(stack),
        *alarms.checks(stack),
    ]
