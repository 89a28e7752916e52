"""The base of every table of hosting.toml."""

from pydantic import BaseModel, ConfigDict


class Table(BaseModel):
    """A table of hosting.toml: keys that it does not know, and values of another type, are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, regex_engine="python-re")
