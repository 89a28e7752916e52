"""What an ACME server answers when it refuses (RFC 8555, section 6.7)."""


class ProblemError(Exception):
    """A refusal: the error's type in ACME's own namespace, and words for the client's operator."""

    def __init__(self, kind: str, detail: str, status: int = 400) -> None:
        super().__init__(detail)
        self.kind, self.detail, self.status = kind, detail, status

    @property
    def document(self) -> dict[str, object]:
        """The body of the answer."""
        return {"type": f"urn:ietf:params:acme:error:{self.kind}", "detail": self.detail, "status": self.status}
