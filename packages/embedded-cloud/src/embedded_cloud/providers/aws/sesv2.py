"""SES: e-mail identities and configuration sets."""

from typing import Any

from embedded_cloud.emulation import Emulation
from embedded_cloud.providers.aws.sns import TOPIC
from embedded_cloud.providers.aws.tagging import TagOperations, as_map, by_state_arn, pairs, tagging
from embedded_cloud.providers.call import Call, from_boto
from embedded_cloud.providers.entry import Function, Reference, ResourceType
from embedded_cloud.providers.values import Values

CONFIGURATION_SET = Reference(
    "configuration set", lambda call, name: call.aws("sesv2").get_configuration_set(ConfigurationSetName=name)
)
IDENTITY = Reference("e-mail identity", lambda call, name: call.aws("sesv2").get_email_identity(EmailIdentity=name))
SES_TAGS = tagging(TagOperations(service="sesv2"), by_state_arn)
_OPTIONS = "deliveryOptions reputationOptions sendingOptions suppressionOptions trackingOptions vdmOptions"


def _tags(call: Call) -> dict[str, Any]:
    """Tags go with the request, so that a killed run leaves nothing without its owner's name."""
    tags = call.inputs.get("tagsAll") or call.inputs.get("tags")
    return {"Tags": pairs(tags)} if tags else {}


def _create_identity(call: Call) -> str:
    names = "emailIdentity configurationSetName dkimSigningAttributes"
    call.aws("sesv2").create_email_identity(**call.params(names), **_tags(call))
    return str(call.inputs["emailIdentity"])


def _read_identity(call: Call) -> Values:
    known = _identity(call, call.id)
    asked = call.state.get("dkimSigningAttributes") or {}
    return {**known, "dkimSigningAttributes": {**asked, **known["dkimSigningAttributes"]}}


def _identity(call: Call, name: str) -> Values:
    found = call.aws("sesv2").get_email_identity(EmailIdentity=name)
    return {
        "emailIdentity": name,
        "arn": call.arn("ses", f"identity/{name}"),
        "identityType": found["IdentityType"],
        "verifiedForSendingStatus": found["VerifiedForSendingStatus"],
        "dkimSigningAttributes": from_boto(found["DkimAttributes"], "signingAttributesOrigin tokens"),
    }


def _get_identity(call: Call) -> Values:
    name = str(call.inputs["emailIdentity"])
    found = call.aws("sesv2").get_email_identity(EmailIdentity=name)
    attributes = from_boto(found["DkimAttributes"], "signingAttributesOrigin tokens status")
    default_set = found.get("ConfigurationSetName") or ""
    tags = as_map(found.get("Tags") or [])
    dkim = {"dkimSigningAttributes": [attributes], "configurationSetName": default_set, "tags": tags}
    return {**_identity(call, name), **dkim, "id": name, "region": call.region}


def _create_set(call: Call) -> str:
    call.aws("sesv2").create_configuration_set(**call.params(f"configurationSetName {_OPTIONS}"), **_tags(call))
    return str(call.inputs["configurationSetName"])


def _read_set(call: Call) -> Values:
    found = call.aws("sesv2").get_configuration_set(ConfigurationSetName=call.id)
    return {
        **from_boto(found, "configurationSetName deliveryOptions suppressionOptions"),
        "arn": call.arn("ses", f"configuration-set/{call.id}"),
    }


def _destination(call: Call) -> str:
    return f"{call.inputs['configurationSetName']}|{call.inputs['eventDestinationName']}"


def _kept_with(call: Call, parent: str, reference: Reference) -> Values | None:
    """Last known state, as long as the parent exists: moto stores nothing of these types."""
    known: dict[str, Any] = {**call.state, **call.inputs}
    reference.exists(call, str(known[parent]))
    return {parent: known[parent]}


EMULATION = Emulation(
    service="Amazon SES",
    types="aws:sesv2/",
    acts=("an identity is verified when its DKIM records are in Route 53; mails are files",),
    stored=("events of mails",),
    refused=("identities and configuration sets that exist",),
)

RESOURCES = (
    ResourceType(
        "aws:sesv2/emailIdentity:EmailIdentity",
        create=_create_identity,
        read=_read_identity,
        update=lambda _call: None,
        delete=lambda call: call.aws("sesv2").delete_email_identity(EmailIdentity=call.id),
        reported="emailIdentity dkimSigningAttributes",
        unreported="configurationSetName",
        replaces="emailIdentity",
        tags=SES_TAGS,
        effect="its mails are written to files",
        references={"configurationSetName": CONFIGURATION_SET},
    ),
    ResourceType(
        "aws:sesv2/configurationSet:ConfigurationSet",
        create=_create_set,
        read=_read_set,
        delete=lambda call: call.aws("sesv2").delete_configuration_set(ConfigurationSetName=call.id),
        reported="configurationSetName deliveryOptions suppressionOptions",
        unreported="reputationOptions sendingOptions trackingOptions vdmOptions",
        replaces="configurationSetName",
        tags=SES_TAGS,
    ),
    ResourceType(
        "aws:sesv2/configurationSetEventDestination:ConfigurationSetEventDestination",
        create=_destination,
        read=lambda call: _kept_with(call, "configurationSetName", CONFIGURATION_SET),
        update=lambda _call: None,
        delete=lambda _call: None,
        reported="configurationSetName",
        unreported="eventDestinationName eventDestination",
        replaces="configurationSetName eventDestinationName",
        references={"configurationSetName": CONFIGURATION_SET, "eventDestination.snsDestination.topicArn": TOPIC},
        unordered="eventDestination.matchingEventTypes",
    ),
    ResourceType(
        "aws:sesv2/emailIdentityMailFromAttributes:EmailIdentityMailFromAttributes",
        create=lambda call: str(call.inputs["emailIdentity"]),
        read=lambda call: _kept_with(call, "emailIdentity", IDENTITY),
        update=lambda _call: None,
        delete=lambda _call: None,
        reported="emailIdentity",
        unreported="mailFromDomain behaviorOnMxFailure",
        replaces="emailIdentity",
        references={"emailIdentity": IDENTITY},
    ),
)
FUNCTIONS = (Function("aws:sesv2/getEmailIdentity:getEmailIdentity", _get_identity),)
