"""What holds for the whole stack: the account, the tags, the permissions boundary, and what the deployer may do."""

import pulumi

from infra.permissions_boundary import bound_roles
from infra.provider.identity import refuse_another_account
from infra.provider.simulation import PlannedTypes
from infra.settings.settings import Settings
from infra.tags import tag_everything


def apply_stack_wide(settings: Settings) -> PlannedTypes:
    """Compare the accounts, and follow every resource that is declared from now on. Raises AnotherAccount."""
    project, stack = pulumi.get_project(), pulumi.get_stack()
    refuse_another_account()
    tag_everything(project, stack)
    bound_roles(project, stack, settings.permissions_boundary)
    return PlannedTypes(region=settings.region, boundary_arn=settings.permissions_boundary)
