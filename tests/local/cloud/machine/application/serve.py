"""Application on 8005; with a certificate, the proxy on 8443 in front of it. Ends what it has begun when stopped."""

import http.client
import os
import signal
import ssl
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PROXY = "TLS_CERTIFICATE" in os.environ
if os.environ.get("BROKEN") == "start":
    sys.exit("no module named films")
if os.environ.get("BROKEN") == "memory":
    held = b"x" * (800 << 20)


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, body = self.forwarded() if PROXY else self.answer()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def answer(self) -> tuple[int, bytes]:
        time.sleep({"/slow": 2, "/slower": 7}.get(self.path, 0))
        return 200, os.environ["RELEASE"].encode()

    def forwarded(self) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", 8005, timeout=10)
        try:
            connection.request("GET", self.path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except OSError:
            return 502, b""
        finally:
            connection.close()

    def log_message(self, *words: object) -> None:
        sys.stdout.write(f"request {words}\n")
        sys.stdout.flush()


class Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 128


server = Server(("", 8443 if PROXY else 8005), Handler)
if PROXY:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.environ["TLS_CERTIFICATE"], os.environ["TLS_KEY"])
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
for number in (signal.SIGTERM, signal.SIGQUIT):
    signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
server.serve_forever()
server.server_close()
