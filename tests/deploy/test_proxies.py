"""The proxies of deploy/ as they are: https, addresses that nobody forges, and the service's own bounds behind them."""

import getpass
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import trustme

from benchmarks.http_load import free_port
from service.app import create_app
from service.logs import configure_logs
from service.settings import Settings
from tests.conftest import ADMIN_KEY, serving
from tests.support.sample_prediction import record_one

DEPLOY = Path(__file__).parents[2] / "deploy"
HOST = "record.example.org"


@dataclass(frozen=True)
class Ports:
    """Where the proxy listens, and where the service does."""

    https: int
    http: int
    service: int


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a certificate for the host, its key, and the authority that signed it."""
    folder, authority = tmp_path_factory.mktemp("tls"), trustme.CA()
    issued = authority.issue_cert(HOST)
    (folder / "site.pem").write_bytes(b"".join(part.bytes() for part in issued.cert_chain_pems))
    issued.private_key_pem.write_to_path(folder / "site.key")
    authority.cert_pem.write_to_path(folder / "authority.pem")
    return folder


def nginx(folder: Path, ports: Ports, certificate: Path) -> list[str]:
    """The command that runs nginx with deploy/nginx.conf; ports and certificate are those of the test."""
    site = (DEPLOY / "nginx.conf").read_text()
    for before, after in (
        ("127.0.0.1:8000", f"127.0.0.1:{ports.service}"),
        ("listen 443 ssl", f"listen 127.0.0.1:{ports.https} ssl"),
        ("listen 80", f"listen 127.0.0.1:{ports.http}"),
        (f"/etc/ssl/{HOST}", f"{certificate}/site"),
    ):
        assert before in site, before
        site = site.replace(before, after)
    (folder / "site.conf").write_text(site)
    kept = " ".join(f"{part}_temp_path {folder}/{part};" for part in ("proxy", "fastcgi", "uwsgi", "scgi"))
    (folder / "main.conf").write_text(
        f"user {getpass.getuser()}; daemon off; pid {folder}/pid; error_log stderr; events {{ }}\n"
        f"http {{ access_log off; client_body_temp_path {folder}/body; {kept} include {folder}/site.conf; }}\n"
    )
    return ["nginx", "-c", f"{folder}/main.conf", "-e", "stderr"]


def caddy(folder: Path, ports: Ports, certificate: Path) -> list[str]:
    """The command that runs Caddy with deploy/Caddyfile; ports and certificate are those of the test."""
    text = (DEPLOY / "Caddyfile").read_text()
    options = f"\thttps_port {ports.https}\n\thttp_port {ports.http}\n\tadmin off\n\tauto_https disable_certs\n"
    options += f"\tdefault_bind 127.0.0.1\n\tstorage file_system {folder}\n\tservers {{"
    text = text.replace("\tservers {", options, 1)
    site = "{$SITE:record.example.org} {"
    assert site in text
    text = text.replace(site, f"{site}\n\ttls {certificate}/site.pem {certificate}/site.key", 1)
    upstreams = "{$UPSTREAMS:127.0.0.1:8000}"
    assert upstreams in text
    (folder / "Caddyfile").write_text(text.replace(upstreams, f"127.0.0.1:{ports.service}"))
    return ["caddy", "run", "--adapter", "caddyfile", "--config", f"{folder}/Caddyfile"]


PROXIES: dict[str, Callable[[Path, Ports, Path], list[str]]] = {"nginx": nginx, "caddy": caddy}


@contextmanager
def running(command: list[str], log: Path, address: str) -> Iterator[None]:
    """Run the proxy until the block ends."""
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output) as process:
        try:
            ends_at = time.monotonic() + 20
            while time.monotonic() < ends_at and process.poll() is None:
                with suppress(httpx.TransportError):
                    httpx.get(address)
                    break
                time.sleep(0.05)
            else:
                raise AssertionError(log.read_text())
            yield
        finally:
            process.terminate()
            process.wait(10)


@dataclass(frozen=True)
class Site:
    """A service behind a proxy, as its readers and those with an admin's key reach it."""

    reader: httpx.Client
    admin: httpx.Client
    http: str
    certificate: Path


@pytest.fixture(params=PROXIES)
def site(request: pytest.FixtureRequest, sqlite_url: str, tmp_path: Path, certificate: Path) -> Iterator[Site]:
    if shutil.which(request.param) is None:
        pytest.skip(f"{request.param} is not installed (Debian: apt-get install {request.param})")
    public = Settings(_env_file=None, public_url=f"https://{HOST}", database_url=sqlite_url, admin_key=ADMIN_KEY)
    settings = public.model_copy(update={"state_dir": tmp_path / "state"})
    with serving(create_app(settings)) as url:
        ports = Ports(free_port(), free_port(), int(url.rpartition(":")[2]))
        folder = tmp_path / "proxy"
        folder.mkdir()
        command = PROXIES[request.param](folder, ports, certificate)
        http = f"http://127.0.0.1:{ports.http}"
        with running(command, tmp_path / "log", http):
            base = f"https://127.0.0.1:{ports.https}"
            trust = ssl.create_default_context(cafile=str(certificate / "authority.pem"))
            with (
                client_of(base, trust) as reader,
                client_of(base, trust, Authorization=f"Bearer {ADMIN_KEY}") as admin,
            ):
                yield Site(reader, admin, http, certificate)


def client_of(base: str, trust: ssl.SSLContext, **headers: str) -> httpx.Client:
    client = httpx.Client(base_url=base, verify=trust, headers={"Host": HOST, **headers}, timeout=20)
    client.event_hooks = {"request": [lambda request: request.extensions.update(sni_hostname=HOST)]}
    return client


def test_readers_come_by_https_and_the_service_knows_it(site: Site) -> None:
    record_one(site.admin)
    page = site.reader.get("/")
    assert page.status_code == 200
    assert "Ann Invented" in page.text
    assert page.headers["strict-transport-security"].startswith("max-age=")
    links = site.reader.get("/resolutions.atom").text
    assert f'href="https://{HOST}/' in links
    form = site.reader.get("/sign-in")
    assert "Secure" in form.headers["set-cookie"]


def test_plain_http_is_sent_to_https(site: Site) -> None:
    moved = httpx.get(f"{site.http}/questions?page=2", headers={"Host": HOST})
    assert moved.status_code in (301, 308)
    assert re.fullmatch(rf"https://{HOST}(:\d+)?/questions\?page=2", moved.headers["location"])


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_only_tls_1_2_and_1_3_are_spoken(site: Site, version: ssl.TLSVersion) -> None:
    context = ssl.create_default_context(cafile=str(site.certificate / "authority.pem"))
    context.set_ciphers("ALL:@SECLEVEL=0")  # else this side refuses the old version
    context.minimum_version = context.maximum_version = version
    old = version is ssl.TLSVersion.TLSv1_1
    with socket.create_connection(("127.0.0.1", site.reader.base_url.port or 443), timeout=10) as plain:
        refused = pytest.raises(ssl.SSLError, match="alert protocol version") if old else nullcontext()
        with refused, context.wrap_socket(plain, server_hostname=HOST) as connection:
            assert connection.version() == version.name.replace("_", ".")


def test_an_editor_signs_in_through_the_proxy(site: Site) -> None:
    form = site.reader.get("/sign-in")
    token = re.search(r'name="token" value="([^"]+)"', form.text)
    assert token is not None
    origin = {"Origin": f"https://{HOST}", "Cookie": form.headers["set-cookie"].partition(";")[0]}
    sent = site.reader.post("/sign-in", data={"key": ADMIN_KEY, "token": token[1]}, headers=origin)
    assert sent.status_code == 303, sent.text


def test_nobody_forges_an_address_or_the_scheme(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(Settings(_env_file=None, log_format="json"))
    forged = {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "http", "Forwarded": "for=192.0.2.7"}
    reply = site.reader.get("/api/questions", headers=forged)
    assert "strict-transport-security" in reply.headers
    logged = capsys.readouterr().err
    assert '"client": "127.0.0.1"' in logged
    assert "192.0.2.7" not in logged


def test_one_identifier_leads_through_the_logs_of_both(site: Site) -> None:
    reply = site.reader.get("/healthz", headers={"X-Request-ID": "mine"})
    assert len(reply.headers["x-request-id"].replace("-", "")) == 32


def test_a_large_batch_passes_and_a_larger_body_than_any_is_refused(site: Site) -> None:
    line = (
        '{"commentator": {"name": "Ann"}, "question": {"slug": "none"}, "made_at": "2025-01-01", "probability": 0.5}\n'
    )
    batch = site.admin.post("/api/predictions/batch", content=line * 20_000)  # 2 MB: more than proxies take by default
    assert batch.status_code == 422, batch.text
    assert site.admin.post("/api/predictions/batch", content=b" " * 33_000_000).status_code == 413
