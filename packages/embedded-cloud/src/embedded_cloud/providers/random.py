"""Random passwords, strings, bytes and ids."""

import base64
import secrets
import string
from collections.abc import Callable

from embedded_cloud.emulation import Emulation
from embedded_cloud.providers.call import Call
from embedded_cloud.providers.entry import ALL, ResourceType
from embedded_cloud.providers.values import Values

SPECIAL = "!@#$%&*()-_=+[]{}<>:?"
"""Special characters of pulumi-random."""
_HIDDEN_ID = "none"
"""Id of secret values: ids are stored in plain text. pulumi-random uses the same text."""


def _alphabets(inputs: Values) -> dict[str, str]:
    """Allowed characters, by the property with their minimum number."""
    numeric = inputs.get("numeric", inputs.get("number", True))
    return {
        "minLower": string.ascii_lowercase if inputs.get("lower", True) else "",
        "minUpper": string.ascii_uppercase if inputs.get("upper", True) else "",
        "minNumeric": string.digits if numeric else "",
        "minSpecial": inputs.get("overrideSpecial", SPECIAL) if inputs.get("special", True) else "",
    }


def characters(inputs: Values) -> str:
    """Random string for the inputs of RandomString or RandomPassword. Raises ValueError for contradictory inputs."""
    alphabets = _alphabets(inputs)
    chosen: list[str] = []
    for least, alphabet in alphabets.items():
        wanted = inputs.get(least, 0)
        if wanted and not alphabet:
            raise ValueError(f"{least} is {wanted}, but no such character is allowed")
        chosen += [secrets.choice(alphabet) for _ in range(wanted)]
    if len(chosen) > inputs["length"]:
        raise ValueError(f"length is {inputs['length']}, less than the sum of {', '.join(alphabets)}")
    everything = "".join(alphabets.values())
    if not everything:
        raise ValueError("lower, upper, numeric and special are all false")
    chosen += [secrets.choice(everything) for _ in range(inputs["length"] - len(chosen))]
    secrets.SystemRandom().shuffle(chosen)
    return "".join(chosen)


def _check_length(inputs: Values) -> list[tuple[str, str]]:
    length = inputs.get("length", inputs.get("byteLength", 1))
    name = "length" if "length" in inputs else "byteLength"
    return [(name, f"is {length}; it must be at least 1")] if isinstance(length, int) and length < 1 else []


def _kept(call: Call) -> Values | None:
    # The state is the resource. A value that a killed run did not save is lost.
    return call.state if "result" in call.state or "hex" in call.state else None


def _type(token: str, properties: str, make: Callable[[Call], str], secret_outputs: str = "") -> ResourceType:
    return ResourceType(
        token,
        unreported=properties,
        replaces=ALL,
        secret_outputs=secret_outputs,
        check=_check_length,
        create=make,
        read=_kept,
        delete=lambda _call: None,
        effect="is generated",
    )


def _make_string(call: Call) -> str:
    call.state["result"] = characters(call.inputs)
    return str(call.state["result"])


def _make_password(call: Call) -> str:
    call.state["result"] = characters(call.inputs)
    return _HIDDEN_ID


def _make_bytes(call: Call) -> str:
    drawn = secrets.token_bytes(call.inputs["length"])
    call.state |= {"hex": drawn.hex(), "base64": base64.b64encode(drawn).decode()}
    return _HIDDEN_ID


def _make_id(call: Call) -> str:
    drawn = secrets.token_bytes(call.inputs["byteLength"])
    prefix = call.inputs.get("prefix", "")
    plain = base64.urlsafe_b64encode(drawn).decode().rstrip("=")
    call.state |= {
        "hex": prefix + drawn.hex(),
        "dec": prefix + str(int.from_bytes(drawn)),
        "b64Std": prefix + base64.b64encode(drawn).decode(),
        "b64Url": prefix + plain,
    }
    return plain


_CHARACTERS = (
    "length keepers lower upper numeric number special overrideSpecial minLower minUpper minNumeric minSpecial"
)
EMULATION = Emulation(
    service="Random values",
    types="random:",
    acts=("generated once and kept",),
)

RESOURCES = (
    _type("random:index/randomString:RandomString", _CHARACTERS, _make_string),
    _type("random:index/randomPassword:RandomPassword", _CHARACTERS, _make_password, "result bcryptHash"),
    _type("random:index/randomBytes:RandomBytes", "length keepers", _make_bytes, "base64 hex"),
    _type("random:index/randomId:RandomId", "byteLength keepers prefix", _make_id),
)
