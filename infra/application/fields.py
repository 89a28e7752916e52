"""What the tables of hosting.toml are made of: texts with a form, which the JSON Schema and each message name."""

from typing import Annotated, Any

from pydantic import AfterValidator, Field

_MODULE = r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$"
_FOLDER = r"^(\.|(?!\.{1,2}(/|$))[^/\s][^/\n]*(/(?!\.{1,2}(/|$))[^/\n]+)*)$"
_PATH = r"^/[A-Za-z0-9._~/-]*\*?$"
_SECRET_PATH = r"^(/([A-Za-z0-9._~-]+|\*))+/?$"  # noqa: S105 - a pattern of paths

LONGEST_HEADER_BYTES = 4000


def _form(pattern: str, rule: str, example: str) -> Any:
    """A field of text with a form; `$comment` in the JSON Schema is the rule in words."""
    # Python's $ also matches before a line break at the end, and JSON Schema has no \Z.
    return Field(pattern=f"{pattern}(?!\\n)", examples=[example], json_schema_extra={"$comment": rule})


def _short(value: str) -> str:
    """nginx reads 4096 bytes as one word, in which quotes and backslashes need a backslash."""
    if len(value.encode()) + value.count('"') + value.count("\\") > LONGEST_HEADER_BYTES:
        raise ValueError(f"must have at most {LONGEST_HEADER_BYTES} bytes, quotes counted twice; shorten it")
    return value


Module = Annotated[str, _form(_MODULE, "must be a dotted path", "mysite.settings")]
Callable = Annotated[str, _form(_MODULE[:-1] + r":[A-Za-z_]\w*$", "must be module:name", "mysite.wsgi:application")]
Folder = Annotated[str, _form(_FOLDER, "must be a path inside of the application, without ..", "frontend/dist")]
UrlPath = Annotated[str, _form(_PATH, "must be a path that begins with /, and may end in *", "/upload/")]
"""One path of the site, or with `*` at its end all that begin so."""
SecretPath = Annotated[
    str, _form(_SECRET_PATH, "must be a path that begins with /, with * for a whole part", "/account/reset/*/*")
]
Package = Annotated[str, _form(r"^[a-z0-9][a-z0-9+.-]+$", "must be the name of a Debian package", "libpq-dev")]
Variable = Annotated[str, _form(r"^[A-Za-z_]\w*$", "must be the name of a variable", "FEATURE_X")]
Header = Annotated[str, _form(r"^[A-Za-z][A-Za-z0-9-]*$", "must be the name of a header", "Content-Security-Policy")]
HeaderValue = Annotated[
    str,
    _form(r"^[^$\x00-\x1f\x7f]*$", "must have no $ and no line break: nginx cannot send them", "same-origin"),
    AfterValidator(_short),
]
Schema = Annotated[
    str, _form(r"^(?!pg_)[a-z_][a-z0-9_]{0,62}$", "must be a lower case name that does not begin with pg_", "public")
]
Script = Annotated[str, _form(r"^[\w:.-]*$", "must be the name of a script in package.json", "build")]
PythonVersion = Annotated[str, _form(r"^3\.\d+$", "must be a minor version", "3.13")]
