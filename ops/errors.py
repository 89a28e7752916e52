"""Errors of the command line with their exit codes, and messages for errors of boto3."""

import os

from botocore import exceptions as aws

FAILED = 1
"""The command failed, or `status` found something that needs attention."""
WRONG_USE = 2
REFUSED = 3
"""Nothing was touched. The message says what the command would break."""
INTERRUPTED = 130

EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
REJECTED = {"InvalidClientTokenId", "UnrecognizedClientException", "InvalidSignatureException", "SignatureDoesNotMatch"}
DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError"}
LOGIN = (
    "Log in again: `aws sso login`, or export AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.\n"
    'For the embedded cloud: eval "$(make -s env)"'
)
LOGIN_ERRORS = (
    aws.NoCredentialsError,
    aws.PartialCredentialsError,
    aws.CredentialRetrievalError,
    aws.TokenRetrievalError,
    aws.SSOError,
)
NETWORK_ERRORS = (aws.HTTPClientError, aws.ConnectionError, aws.EndpointConnectionError)


class OpsError(Exception):
    """A problem that the operator can fix. The message says what, where and how."""

    exit_code = FAILED


class UsageError(OpsError):
    """A wrong option, argument or stack."""

    exit_code = WRONG_USE


class Refused(OpsError):  # noqa: N818 - named as an outcome
    """The command did nothing, because it would break something."""

    exit_code = REFUSED


class Interrupted(OpsError):  # noqa: N818
    """Ctrl-C. The message says how to continue."""

    exit_code = INTERRUPTED


def describe(error: aws.BotoCoreError | aws.ClientError) -> str:
    """A message for an error of boto3: what happened, where, and what to do."""
    if isinstance(error, aws.ClientError):
        return _refused_by_aws(error)
    if isinstance(error, aws.ProfileNotFound):
        return f"{error}. `aws configure list-profiles` lists the profiles; set AWS_PROFILE or aws:profile."
    if isinstance(error, LOGIN_ERRORS):
        return f"AWS got no request: {_sentence(error)}\n{LOGIN}"
    if isinstance(error, aws.NoRegionError):
        return "There is no region. Give --region, or set aws:region in Pulumi.<stack>.yaml."
    if isinstance(error, NETWORK_ERRORS):
        return _unreachable(error)
    return f"AWS request failed: {_sentence(error)}"


def _refused_by_aws(error: aws.ClientError) -> str:
    problem = error.response.get("Error", {})
    code, message = str(problem.get("Code")), str(problem.get("Message"))
    if code in EXPIRED:
        return f"The session with AWS has expired ({error.operation_name}: {code}).\n{LOGIN}"
    if code in REJECTED:
        return f"AWS does not know these credentials ({error.operation_name}: {code}).\n{LOGIN}"
    if code in DENIED:
        return (
            f"AWS does not allow {error.operation_name}: {message}\n"
            "Use a role that allows it, or add the action to this role."
        )
    return f"AWS refused {error.operation_name}: {code}: {message}"


def _unreachable(error: aws.BotoCoreError) -> str:
    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    if endpoint:
        return (
            f"Nothing answers at AWS_ENDPOINT_URL={endpoint}: {_sentence(error)}\n"
            "Start the embedded cloud with `make up`, or unset AWS_ENDPOINT_URL to use AWS."
        )
    return f"AWS does not answer: {_sentence(error)}\nCheck the network, the proxy settings and the region."


def _sentence(error: Exception) -> str:
    text = str(error).strip()
    return text if text.endswith(".") else f"{text}."
