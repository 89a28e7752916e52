"""ECR: repositories, their policies, and authorization tokens."""

import base64
from collections.abc import Mapping
from typing import Any

from embedded_cloud.providers.aws.documents import checked_documents, same_document, same_policy
from embedded_cloud.providers.aws.references import KMS_KEY
from embedded_cloud.providers.aws.tagging import REPOSITORY_TAGS
from embedded_cloud.providers.call import Call
from embedded_cloud.providers.entry import Function, Reference, ResourceType
from embedded_cloud.providers.naming import AutoName
from embedded_cloud.providers.values import Values

REPOSITORY = Reference(
    "ECR repository", lambda call, name: call.aws("ecr").describe_repositories(repositoryNames=[name])
)


def _create_repository(call: Call) -> str:
    parameters: dict[str, Any] = {"repositoryName": call.inputs["name"]}
    if "imageTagMutability" in call.inputs:
        parameters["imageTagMutability"] = call.inputs["imageTagMutability"]
    if "imageScanningConfiguration" in call.inputs:
        parameters["imageScanningConfiguration"] = call.inputs["imageScanningConfiguration"]
    for encryption in call.inputs.get("encryptionConfigurations", []):
        parameters["encryptionConfiguration"] = encryption
    call.aws("ecr").create_repository(**parameters)
    return str(call.inputs["name"])


def _read_repository(call: Call) -> Values:
    (repository,) = call.aws("ecr").describe_repositories(repositoryNames=[call.id])["repositories"]
    return {
        "name": repository["repositoryName"],
        "arn": repository["repositoryArn"],
        "registryId": repository["registryId"],
        "repositoryUrl": repository["repositoryUri"],
        "imageTagMutability": repository["imageTagMutability"],
        "imageScanningConfiguration": repository["imageScanningConfiguration"],
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


def _put_lifecycle(call: Call) -> str:
    name = str(call.inputs["repository"])
    call.aws("ecr").put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=call.inputs["policy"])
    return name


def _read_lifecycle(call: Call) -> Values:
    answer = call.aws("ecr").get_lifecycle_policy(repositoryName=call.id)
    return {"repository": call.id, "policy": answer["lifecyclePolicyText"], "registryId": answer["registryId"]}


def _put_policy(call: Call) -> str:
    name = str(call.inputs["repository"])
    call.aws("ecr").set_repository_policy(repositoryName=name, policyText=call.inputs["policy"])
    return name


def _read_policy(call: Call) -> Values:
    answer = call.aws("ecr").get_repository_policy(repositoryName=call.id)
    return {"repository": call.id, "policy": answer["policyText"], "registryId": answer["registryId"]}


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
    ResourceType(
        "aws:ecr/lifecyclePolicy:LifecyclePolicy",
        create=_put_lifecycle,
        read=_read_lifecycle,
        update=_put_lifecycle,
        delete=lambda call: call.aws("ecr").delete_lifecycle_policy(repositoryName=call.id),
        reported="repository policy",
        replaces="repository",
        references={"repository": REPOSITORY},
        equal={"policy": same_document},
        effect="deletes expired images",
        check=checked_documents("policy"),
    ),
    ResourceType(
        "aws:ecr/repositoryPolicy:RepositoryPolicy",
        create=_put_policy,
        read=_read_policy,
        update=_put_policy,
        delete=lambda call: call.aws("ecr").delete_repository_policy(repositoryName=call.id),
        reported="repository policy",
        replaces="repository",
        references={"repository": REPOSITORY},
        equal={"policy": same_policy},
        check=checked_documents("policy"),
    ),
)
FUNCTIONS = (Function("aws:ecr/getAuthorizationToken:getAuthorizationToken", _authorization_token),)
