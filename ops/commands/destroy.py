"""`destroy`."""

import typer

from ops.commands.options import Project, Region, StackName, Yes, confirmation
from ops.errors import Interrupted
from ops.output import console
from ops.resources.destroy import Operator, run_in_terminal
from ops.resources.destroy import destroy as destroy_stack
from ops.stack import find


def destroy(stack: StackName = None, project: Project = None, region: Region = None, yes: Yes = False) -> None:
    """Destroy a stack step by step: what blocks it, what is lost, what remains. Asks before each step."""
    operator = Operator(
        confirm=confirmation(yes),
        type_name=lambda question: str(typer.prompt(question, err=True)),
        run=run_in_terminal,
        yes=yes,
    )
    try:
        destroy_stack(find(stack, project, region), operator, console())
    except KeyboardInterrupt:
        raise Interrupted("Interrupted. Run the command again: it goes on with what is left.") from None
