"""`recover`."""

from ops.commands.options import Project, Region, StackName, Yes, confirmation, report
from ops.errors import UsageError
from ops.output import console
from ops.project import name as project_name
from ops.resources.recover import print_recovered
from ops.resources.recover import recover as recover_state
from ops.stack import open_session


def recover(stack: StackName = None, project: Project = None, region: Region = None, yes: Yes = False) -> None:
    """Recover from an interrupted `pulumi up`: remove its lock, adopt what it created, list orphans."""
    if not stack:
        raise UsageError("Give --stack. An interrupted first update may have left no release record to find it by.")
    name = stack.rpartition("/")[2]
    owner = project or project_name()
    done = recover_state(open_session(name, region), owner, name, confirmation(yes), report)
    print_recovered(done, console())
