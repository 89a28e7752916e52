"""IAM: OpenID Connect identity providers."""

from embedded_cloud.providers.aws.tagging import iam_tagging
from embedded_cloud.providers.call import Call
from embedded_cloud.providers.entry import ResourceType
from embedded_cloud.providers.values import Values


def _create(call: Call) -> str:
    names = {"clientIdLists": "ClientIDList", "thumbprintLists": "ThumbprintList"}
    answer = call.aws("iam").create_open_id_connect_provider(**call.params("url", **names))
    return str(answer["OpenIDConnectProviderArn"])


def _read(call: Call) -> Values:
    provider = call.aws("iam").get_open_id_connect_provider(OpenIDConnectProviderArn=call.id)
    asked = str(call.state.get("url", ""))
    # IAM stores the URL without its scheme.
    url = asked if asked.removeprefix("https://") == provider["Url"] else provider["Url"]
    return {
        "arn": call.id,
        "url": url,
        "clientIdLists": provider["ClientIDList"],
        "thumbprintLists": provider.get("ThumbprintList", []),
    }


def _update(call: Call) -> None:
    call.aws("iam").update_open_id_connect_provider_thumbprint(
        OpenIDConnectProviderArn=call.id, ThumbprintList=call.inputs.get("thumbprintLists", [])
    )


RESOURCES = (
    ResourceType(
        "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
        create=_create,
        read=_read,
        update=_update,
        delete=lambda call: call.aws("iam").delete_open_id_connect_provider(OpenIDConnectProviderArn=call.id),
        reported="url clientIdLists thumbprintLists",
        # moto can neither add nor remove a client, and a URL belongs to one provider only.
        replaces="url clientIdLists",
        delete_before_replace=True,
        tags=iam_tagging("open_id_connect_provider", "OpenIDConnectProviderArn"),
        unordered="clientIdLists thumbprintLists",
    ),
)
