"""`cost`."""

from ops import cost as bills
from ops.commands.options import Json, Project, Region, StackName
from ops.output import console, print_json
from ops.stack import find


def cost(stack: StackName = None, project: Project = None, region: Region = None, json: Json = False) -> None:
    """Compare the estimate of the settings with what AWS has billed this month, by part. AWS charges 3 cents."""
    found = find(stack, project, region)
    estimate = bills.estimate_of(found)
    bill = bills.read_bill(found)
    if json:
        print_json(bills.to_values(estimate, bill))
    else:
        bills.print_cost(estimate, bill, console())
