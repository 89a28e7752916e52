"""Start, reload and stop of the proxy: certificates, variables that it refuses, requests in flight."""

import concurrent.futures
import ssl
import subprocess
import time

import pytest

from tests.docker.site import ECHO, Site, client, docker, eventually, write_certificates

pytestmark = pytest.mark.containers

PID, UPSTREAM, TIMEOUTS = (f"/tmp/nginx/{name}" for name in ("nginx.pid", "upstream.conf", "timeouts.conf"))  # noqa: S108


def test_a_given_certificate_is_used(network: Site) -> None:
    write_certificates(network.folder, "app.test")
    key = network.folder / "db.key"
    key.chmod(0o644)
    volume = ("--volume", f"{network.folder}:/tls:ro")
    _, _, tls = network.proxy(*volume, TLS_CERTIFICATE="/tls/db.pem", TLS_KEY="/tls/db.key")
    with client(tls) as visitor:
        assert eventually(lambda: visitor.get("/").status_code == 200)
    served = ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("localhost", tls)))
    assert served == ssl.PEM_cert_to_DER_cert((network.folder / "db.pem").read_text())


def test_old_versions_of_tls_are_refused(network: Site) -> None:
    _, _, tls = network.proxy()
    with client(tls) as visitor:
        assert eventually(lambda: visitor.get("/").status_code == 200)
    for version, accepted in (("-tls1_1", False), ("-tls1_2", True), ("-tls1_3", True)):
        command = ["openssl", "s_client", "-connect", f"localhost:{tls}", version, "-cipher", "DEFAULT@SECLEVEL=0"]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        assert (done.returncode == 0) is accepted, version


@pytest.mark.parametrize(
    ("variable", "value", "problem"),
    [
        ("UPSTREAM", "web", "'web' is not host:port"),
        ("UPSTREAM", "a:1; } evil {", "is not host:port"),
        ("CDN_NETWORKS", "everyone", "'everyone' is neither an address nor a network"),
        ("TRUSTED_PROXIES", "10.0.0.0/8,everyone", "'everyone' is neither an address nor a network"),
        ("REQUEST_TIMEOUT", "30s", "'30s' is no number of seconds"),
        ("PAGE_CACHE", "10m", "'10m' is neither true nor false"),
        ("STRICT_TRANSPORT_SECURITY", "max-age=1; evil", "'max-age=1; evil' is no value of that header"),
        ("TLS_CERTIFICATE", "/none.pem", "'/none.pem' cannot be read"),
    ],
)
def test_a_wrong_variable_is_one_clear_line(network: Site, variable: str, value: str, problem: str) -> None:
    proxy = network.run("proxy", "--env", f"{variable}={value}")
    assert docker("wait", proxy).stdout.strip() == "1"
    (line,) = docker("logs", proxy).stderr.splitlines()
    assert line.startswith(f"Environment variable {variable}: ")
    assert problem in line
    assert f"Example: {variable}=" in line


def test_by_default_the_application_is_on_the_same_host_and_has_30_seconds(network: Site) -> None:
    proxy = network.run("proxy")
    assert eventually(lambda: docker("exec", proxy, "test", "-s", PID, check=False).returncode == 0)
    assert docker("exec", proxy, "cat", UPSTREAM).stdout == "server 127.0.0.1:8005 max_fails=0;\n"
    assert "proxy_read_timeout 35s;" in docker("exec", proxy, "cat", TIMEOUTS).stdout


@pytest.mark.parametrize(
    "command",
    [
        ("exec", "{proxy}", "nginx", "-c", "/etc/nginx/hosting/nginx.conf", "-s", "reload"),
        ("stop", "--time", "15", "{proxy}"),
    ],
    ids=["reload", "stop"],
)
def test_a_request_in_flight_is_answered(network: Site, command: tuple[str, ...]) -> None:
    slow = ECHO.replace("def do_GET(self):", "def do_GET(self):\n        import time; time.sleep(2)")
    network.run("web", name="slow", command=("python", "-c", slow))
    proxy, _, tls = network.proxy(UPSTREAM="slow:8005")
    with client(tls) as visitor, concurrent.futures.ThreadPoolExecutor() as pool:
        assert eventually(lambda: visitor.get("/").status_code == 200)
        answer = pool.submit(visitor.get, "/")
        time.sleep(0.5)
        docker(*(word.format(proxy=proxy) for word in command))
        assert answer.result().status_code == 200
