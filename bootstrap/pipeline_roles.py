"""GitHub's OIDC provider, and the roles of the pipelines."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from bootstrap.boundary import boundary
from bootstrap.deploy_policies import TOPICS, deploy_policies
from bootstrap.earlier_buckets import earlier_buckets
from bootstrap.preview_policy import preview_policy
from bootstrap.scope import Scope
from bootstrap.settings import Settings
from bootstrap.state import State
from bootstrap.trust import AUDIENCE, ISSUER, deploy_environment, preview_environment, trust
from infra import naming
from infra.naming import DEPLOY_ROLE, PREVIEW_ROLE

DEPLOY_HOURS = 6
"""Longest session of the deploy role; the program can wait 4.5 hours (.github/workflows/deploy.yml)."""


def oidc_provider(name: str, create: bool) -> pulumi.Output[str]:
    """ARN of the account's provider for GitHub. The stack never deletes it: other repositories may trust it by then."""
    url = f"https://{ISSUER}"
    if not create:
        arn: pulumi.Output[str] = aws.iam.get_open_id_connect_provider_output(url=url).apply(_checked)
        return arn
    made = aws.iam.OpenIdConnectProvider(
        name, url=url, client_id_lists=[AUDIENCE], opts=pulumi.ResourceOptions(retain_on_delete=True)
    )
    created: pulumi.Output[str] = made.arn
    return created


def _checked(provider: aws.iam.GetOpenIdConnectProviderResult) -> str:
    if AUDIENCE not in provider.client_id_lists:
        raise pulumi.RunError(
            f"The account's provider {provider.arn} does not accept the audience {AUDIENCE}, which AWS's action for "
            f"GitHub asks for. Add it: aws iam add-client-id-to-open-id-connect-provider --client-id {AUDIENCE} "
            f"--open-id-connect-provider-arn {provider.arn}"
        )
    return str(provider.arn)


@dataclass(frozen=True, kw_only=True)
class PipelineRolesArgs:
    """Arguments of the roles."""

    settings: Settings
    provider_arn: pulumi.Input[str]
    account: pulumi.Input[str]
    state: State | None


class PipelineRoles(pulumi.ComponentResource):
    """The preview role, the deploy role, and the boundary of the roles that a deploy makes.

    They stand under a path of their own, where the deploy role may change nothing.
    """

    preview_role_arn: pulumi.Output[str]
    deploy_role_arn: pulumi.Output[str]
    boundary_arn: pulumi.Output[str]

    def __init__(self, name: str, args: PipelineRolesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bootstrap:index:PipelineRoles", name, None, opts)
        self._args = args
        self._path = f"/{pulumi.get_project()}/"
        boundary_name = self._policy_name("boundary")
        scope = self._scope(boundary_name)
        self.boundary_arn = self._policy(f"{name}-boundary", "boundary", scope.apply(boundary)).arn
        self.preview_role_arn = self._preview_role(name, scope)
        self.deploy_role_arn = self._deploy_role(name, scope)
        self.register_outputs({"preview_role_arn": self.preview_role_arn, "deploy_role_arn": self.deploy_role_arn})

    def _scope(self, boundary_name: str) -> pulumi.Output[Scope]:
        settings, state = self._args.settings, self._args.state
        known = pulumi.Output.all(
            self._args.account,
            state.bucket_arn if state else None,
            state.key_arn if state else None,
            earlier_buckets(settings.project, settings.stack),
        )
        return known.apply(
            lambda values: Scope(
                account=values[0],
                region=settings.region,
                project=settings.project,
                stack=settings.stack,
                zone=settings.zone,
                boundary_arn=f"arn:aws:iam::{values[0]}:policy{self._path}{boundary_name}",
                deploy_role_arn=f"arn:aws:iam::{values[0]}:role{self._path}{self._role_name(DEPLOY_ROLE)}",
                existing_secrets=settings.existing_secrets,
                other_names=settings.other_names,
                permissions=settings.permissions,
                state_bucket_arn=values[1],
                state_key_arn=values[2],
                earlier_buckets=tuple(values[3]),
            )
        )

    def _preview_role(self, name: str, scope: pulumi.Output[Scope]) -> pulumi.Output[str]:
        role = self._role(name, PREVIEW_ROLE, preview_environment(self._args.settings.stack), hours=1)
        policy = self._policy(f"{name}-preview", "preview", scope.apply(preview_policy))
        self._attach(f"{name}-preview", role, policy)
        arn: pulumi.Output[str] = role.arn
        return arn

    def _deploy_role(self, name: str, scope: pulumi.Output[Scope]) -> pulumi.Output[str]:
        role = self._role(name, DEPLOY_ROLE, deploy_environment(self._args.settings.stack), hours=DEPLOY_HOURS)
        documents = scope.apply(deploy_policies)
        for topic in TOPICS:
            policy = self._policy(f"{name}-deploy-{topic}", f"deploy-{topic}", documents[topic])
            self._attach(f"{name}-deploy-{topic}", role, policy)
        arn: pulumi.Output[str] = role.arn
        return arn

    def _role(self, name: str, kind: str, environment: str, *, hours: int) -> aws.iam.Role:
        settings = self._args.settings
        return aws.iam.Role(
            f"{name}-{kind}",
            # Fixed names: they stand in the variables of the environments, and in the trail of the account.
            name=self._role_name(kind),
            path=self._path,
            description=f"Jobs of {settings.repository} in the environment {environment}",
            assume_role_policy=pulumi.Output.from_input(self._args.provider_arn).apply(
                lambda arn: trust(
                    arn,
                    repository=settings.repository,
                    repository_id=settings.repository_id,
                    owner_id=settings.owner_id,
                    environment=environment,
                )
            ),
            max_session_duration=hours * 3600,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _role_name(self, kind: str) -> str:
        return naming.role_name(self._args.settings.project, self._args.settings.stack, kind)

    def _policy_name(self, kind: str) -> str:
        return naming.policy_name(self._args.settings.project, self._args.settings.stack, kind)

    def _policy(self, name: str, kind: str, document: pulumi.Output[str]) -> aws.iam.Policy:
        child = pulumi.ResourceOptions(parent=self)
        return aws.iam.Policy(name, name=self._policy_name(kind), path=self._path, policy=document, opts=child)

    def _attach(self, name: str, role: aws.iam.Role, policy: aws.iam.Policy) -> None:
        aws.iam.RolePolicyAttachment(
            name, role=role.name, policy_arn=policy.arn, opts=pulumi.ResourceOptions(parent=self)
        )
