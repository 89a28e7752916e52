"""ECR: repositories, their policies, and authorization tokens."""

import base64
from collections.abc import Mapping
from typing import Any

from embedded_cloud.emulation import Emulation
from embedded_cloud.providers.aws.documents import checked_documents, same_document, same_policy
from embedded_cloud.providers.aws.references import KMS_KEY
from embedded_cloud.providers.aws.tagging import REPOSITORY_TAGS
from embedded_cloud.providers.call import Call, pick
from embedded_cloud.providers.entry import AutoName, Function, Reference, ResourceType
from embedded_cloud.providers.values import Values

REPOSITORY = Reference(
    "ECR repository", lambda call, name: call.aws("ecr").describe_repositories(repositoryNames=[name])
)


def _create_repository(call: Call) -> str:
    given = pick(call.inputs, "imageTagMutability imageScanningConfiguration", name="repositoryName")
    if encryptions := call.inputs.get("encryptionConfigurations"):
        given["encryptionConfiguration"] = encryptions[-1]
    call.aws("ecr").create_repository(**given)
    return str(call.inputs["name"])


def _read_repository(call: Call) -> Values:
    (repository,) = call.aws("ecr").describe_repositories(repositoryNames=[call.id])["repositories"]
    names = {"name": "repositoryName", "arn": "repositoryArn", "repositoryUrl": "repositoryUri"}
    return {
        **pick(repository, "registryId imageTagMutability imageScanningConfiguration"),
        **{ours: repository[theirs] for ours, theirs in names.items()},
        "encryptionConfigurations": [repository["encryptionConfiguration"]],
    }


def _update_repository(call: Call) -> None:
    ecr = call.aws("ecr")
    if call.changed("imageTagMutability"):
        mutability = call.inputs.get("imageTagMutability", "MUTABLE")
        ecr.put_image_tag_mutability(repositoryName=call.id, imageTagMutability=mutability)
    if call.changed("imageScanningConfiguration"):
        scanning = call.inputs.get("imageScanningConfiguration", {"scanOnPush": False})
        ecr.put_image_scanning_configuration(repositoryName=call.id, imageScanningConfiguration=scanning)


def _delete_repository(call: Call) -> None:
    call.aws("ecr").delete_repository(repositoryName=call.id, force=bool(call.state.get("forceDelete")))


def _policy_type(token: str, policy: str, put: str, text: str, **more: Any) -> ResourceType:
    """Make the type of a repository's policy. `put` is the operation, `text` the document's name in it."""

    def write(call: Call) -> str:
        name = str(call.inputs["repository"])
        getattr(call.aws("ecr"), put)(repositoryName=name, **{text: call.inputs["policy"]})
        return name

    def read(call: Call) -> Values:
        answer = getattr(call.aws("ecr"), f"get_{policy}")(repositoryName=call.id)
        return {"repository": call.id, "policy": answer[text], "registryId": answer["registryId"]}

    return ResourceType(
        token,
        create=write,
        read=read,
        update=write,
        delete=lambda call: getattr(call.aws("ecr"), f"delete_{policy}")(repositoryName=call.id),
        reported="repository policy",
        replaces="repository",
        references={"repository": REPOSITORY},
        check=checked_documents("policy"),
        **more,
    )


def _authorization_token(call: Call) -> Mapping[str, Any]:
    (data,) = call.aws("ecr").get_authorization_token()["authorizationData"]
    user, _, password = base64.b64decode(data["authorizationToken"]).decode().partition(":")
    return {
        "id": call.region,
        "authorizationToken": data["authorizationToken"],
        "expiresAt": data["expiresAt"].isoformat(),
        "proxyEndpoint": data["proxyEndpoint"],
        "userName": user,
        "password": password,
        "region": call.region,
        "registryId": call.inputs.get("registryId"),
    }


EMULATION = Emulation(
    service="Amazon ECR",
    types="aws:ecr/",
    acts=("a registry on localhost; tags are immutable where declared; lifecycle policies delete images",),
    stored=("scans, and replication",),
    refused=("pushes over an immutable tag",),
)

RESOURCES = (
    ResourceType(
        "aws:ecr/repository:Repository",
        create=_create_repository,
        read=_read_repository,
        update=_update_repository,
        delete=_delete_repository,
        reported="name imageTagMutability imageScanningConfiguration encryptionConfigurations",
        unreported="forceDelete",
        replaces="name encryptionConfigurations",
        # Docker refuses capitals in the name of a repository.
        name=AutoName(max_length=256, lower=True),
        tags=REPOSITORY_TAGS,
        references={"encryptionConfigurations.kmsKey": KMS_KEY},
        effect="stores its images in a registry on this machine",
    ),
    _policy_type(
        "aws:ecr/lifecyclePolicy:LifecyclePolicy",
        "lifecycle_policy",
        "put_lifecycle_policy",
        "lifecyclePolicyText",
        equal={"policy": same_document},
        effect="deletes expired images",
    ),
    _policy_type(
        "aws:ecr/repositoryPolicy:RepositoryPolicy",
        "repository_policy",
        "set_repository_policy",
        "policyText",
        equal={"policy": same_policy},
    ),
)
FUNCTIONS = (Function("aws:ecr/getAuthorizationToken:getAuthorizationToken", _authorization_token),)
