"""The roles of the pipelines as a table of contents: settings, the state, GitHub's provider, the roles, the outputs."""

import sys
from pathlib import Path

import pulumi
import pulumi_aws as aws

# Pulumi runs the program from its own folder; it shares modules with the program that the pipelines deploy.
sys.path.append(str(Path(__file__).resolve().parents[1]))

from bootstrap.pipeline_roles import PipelineRoles, PipelineRolesArgs, oidc_provider
from bootstrap.settings import load_settings
from bootstrap.setup_commands import setup_commands
from bootstrap.state import State
from infra.tags import tag_everything

settings = load_settings(pulumi.Config(), pulumi.Config("aws").get("region"), pulumi.get_stack())
tag_everything(pulumi.get_project(), pulumi.get_stack())

state = State("state", region=settings.region) if settings.create_state else None
roles = PipelineRoles(
    "pipeline",
    PipelineRolesArgs(
        settings=settings,
        provider_arn=oidc_provider("github", settings.create_oidc_provider),
        account=aws.get_caller_identity_output().account_id,
        state=state,
    ),
)

backend_url = pulumi.Output.concat(state.backend_url, "/", settings.project) if state else pulumi.Output.from_input("")
pulumi.export("preview_role_arn", roles.preview_role_arn)
pulumi.export("deploy_role_arn", roles.deploy_role_arn)
pulumi.export("permissions_boundary_arn", roles.boundary_arn)
pulumi.export("backend_url", backend_url)
pulumi.export("secrets_provider", state.secrets_provider if state else "")
pulumi.export(
    "setup_commands",
    pulumi.Output.all(
        preview_role=roles.preview_role_arn,
        deploy_role=roles.deploy_role_arn,
        variables={"AWS_REGION": settings.region, "PULUMI_BACKEND_URL": backend_url},
    ).apply(lambda known: setup_commands(settings.repository, settings.stack, **known)),
)
