"""ACME over HTTPS, on the address by which machines reach the embedded cloud."""

import json
import secrets
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from local.cloud.acme import jws, records
from local.cloud.acme.orders import Registry
from local.cloud.acme.problems import ProblemError
from local.cloud.acme.service import AcmeService, Answer
from local.cloud.context import CloudContext

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

NAME = "acme"
DIRECTORY = "/directory"
UNUSED_NONCES = 1000
"""More than are open at once; older ones are refused, and the client asks again."""
_PHRASES = {200: "OK", 201: "Created", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found"}


class _QuietRequestHandler(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - the parameter's name in werkzeug
        """Nothing: what goes wrong is in the client's log."""


class AcmeServer:
    """Started with the cloud. Accounts, orders and the port survive the process."""

    def __init__(self, context: CloudContext) -> None:
        self._context = context
        self._lock = threading.Lock()
        self._nonces: dict[str, None] = {}
        self._registry = Registry.load(context.config.state_dir / "acme.json")
        self._service = AcmeService(self._registry, context.certificates, self._challenge_texts)
        self._listener: BaseWSGIServer | None = None
        self._thread: threading.Thread | None = None

    def listen(self, address: str, name: str) -> str:
        """Answer at this address; the URL of the directory, for clients that know the address by this name.

        The port of the process before, when it is to be had, so that the URL stays.
        """
        pair = self._context.certificates.issue([NAME, *dict.fromkeys((name, address, "localhost"))])
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(pair.certificate_path, pair.key_path)
        with _bound(address, self._registry.port) as bound:
            self._listener = make_server(
                address,
                bound.getsockname()[1],
                self,
                threaded=True,
                request_handler=_QuietRequestHandler,
                ssl_context=tls,
                fd=bound.fileno(),
            )
        self._registry.port = self._listener.port
        self._registry.save()
        self._thread = threading.Thread(target=self._listener.serve_forever, args=(0.05,), name=NAME, daemon=True)
        self._thread.start()
        return f"https://{name}:{self._registry.port}{DIRECTORY}"

    def stop(self) -> None:
        """Stop answering. Requests that run end first."""
        if self._listener is not None and self._thread is not None:
            self._listener.shutdown()
            self._listener.server_close()
            self._thread.join()
        self._listener = self._thread = None

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """WSGI entry."""
        base = f"https://{environ['HTTP_HOST']}"
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        with self._lock:
            try:
                answer = self._answer(environ["REQUEST_METHOD"], base, environ["PATH_INFO"], body)
            except ProblemError as problem:
                answer = Answer(problem.document, problem.status, {"Content-Type": "application/problem+json"})
            headers = {"Content-Type": "application/json", "Cache-Control": "no-store", **answer.headers}
            headers["Replay-Nonce"] = self._nonce()
        start_response(f"{answer.status} {_PHRASES[answer.status]}", list(headers.items()))
        return [(answer.body if isinstance(answer.body, str) else json.dumps(answer.body)).encode()]

    def _answer(self, method: str, base: str, path: str, body: bytes) -> Answer:
        if path == DIRECTORY:
            return Answer(_directory(base))
        if path == "/new-nonce":
            return Answer("")
        if method != "POST":
            raise ProblemError("malformed", f"{path} takes a signed POST")
        signed = jws.verify(body, lambda kid: self._service.key(kid.removeprefix(f"{base}/account/")))
        if signed.header.get("url") != base + path:
            raise ProblemError("unauthorized", "the request was signed for another URL", 403)
        if self._nonces.pop(str(signed.header.get("nonce")), self) is self:
            raise ProblemError("badNonce", "the nonce is used or unknown: take the new one")
        return self._resource(base, path.strip("/").split("/"), signed)

    def _resource(self, base: str, path: list[str], signed: jws.Signed) -> Answer:
        service, account, asked = self._service, jws.thumbprint(signed.jwk), signed.payload or {}
        if path == ["new-account"]:
            return service.new_account(base, signed.jwk, asked)
        if account not in self._registry.accounts:
            raise ProblemError("accountDoesNotExist", "no account has this key: it has to be made anew", 401)
        kind, *names = path
        resources: Mapping[tuple[str, int], Callable[..., Answer]] = {
            ("new-order", 0): lambda: service.new_order(base, account, asked),
            ("account", 1): service.account,
            ("order", 1): lambda name: service.order(base, account, name),
            ("authorization", 2): lambda name, place: service.authorization(base, account, name, place),
            ("challenge", 2): lambda name, place: service.challenge(base, account, name, place),
            ("finalize", 1): lambda name: service.finalize(base, account, name, asked),
            ("certificate", 1): lambda name: service.certificate(account, name),
        }
        if (resource := resources.get((kind, len(names)))) is None:
            raise ProblemError("malformed", f"there is nothing at /{'/'.join(path)}", 404)
        return resource(*names)

    def _nonce(self) -> str:
        nonce = secrets.token_urlsafe(16)
        self._nonces[nonce] = None
        for old in list(self._nonces)[:-UNUSED_NONCES]:
            del self._nonces[old]
        return nonce

    def _challenge_texts(self, host: str) -> set[str]:
        with self._context.lock:
            return records.challenge_texts(self._context.backend("route53", "aws"), host)


def _directory(base: str) -> Mapping[str, Any]:
    return {
        "newNonce": f"{base}/new-nonce",
        "newAccount": f"{base}/new-account",
        "newOrder": f"{base}/new-order",
        "meta": {},
    }


def _bound(address: str, port: int) -> socket.socket:
    try:
        return socket.create_server((address, port), backlog=16)
    except OSError:
        if not port:
            raise
        # Somebody has taken it meanwhile.
        return socket.create_server((address, 0), backlog=16)
