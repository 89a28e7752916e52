"""What the command line says instead of a traceback, and the exit codes that scripts read."""

import os

from botocore import exceptions as aws

OK = 0
FAILED = 1
"""The command did not do what it was asked, or `status` found something that needs a person."""
WRONG_USE = 2
REFUSED = 3
"""Nothing was touched, because doing it would break something; the message says what."""
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
    """Something a person can put right: the message says what, where and how."""

    exit_code = FAILED


class UsageError(OpsError):
    """A wrong option, argument or stack."""

    exit_code = WRONG_USE


class Refused(OpsError):  # noqa: N818 - it is an outcome, named as such
    """Not done, and nothing was touched."""

    exit_code = REFUSED


class Interrupted(OpsError):  # noqa: N818
    """Ctrl-C; the message says how to go on."""

    exit_code = INTERRUPTED


def in_words(error: aws.BotoCoreError | aws.ClientError) -> str:
    """What boto3 raised, as what happened, where, and what to do."""
    if isinstance(error, aws.ClientError):
        return _refused_by_aws(error)
    if isinstance(error, aws.ProfileNotFound):
        return f"{error}. `aws configure list-profiles` lists what there is; AWS_PROFILE or aws:profile names one."
    if isinstance(error, LOGIN_ERRORS):
        return f"AWS cannot be asked: {_sentence(error)}\n{LOGIN}"
    if isinstance(error, aws.NoRegionError):
        return "No region. Give --region, or write aws:region into Pulumi.<stack>.yaml."
    if isinstance(error, NETWORK_ERRORS):
        return _unreachable(error)
    return f"AWS cannot be asked: {_sentence(error)}"


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
            "Use a role that may, or have the action added to this one."
        )
    return f"AWS refused {error.operation_name}: {code}: {message}"


def _unreachable(error: aws.BotoCoreError) -> str:
    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    if endpoint:
        return (
            f"Nothing answers at AWS_ENDPOINT_URL={endpoint}: {_sentence(error)}\n"
            "When that is the embedded cloud, start it with `make up`; for AWS itself, unset AWS_ENDPOINT_URL."
        )
    return f"AWS does not answer: {_sentence(error)}\nLook at the network, the proxy settings and the region."


def _sentence(error: Exception) -> str:
    text = str(error).strip()
    return text if text.endswith(".") else f"{text}."
