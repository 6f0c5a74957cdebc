"""The page behind a reverse proxy that puts a path in front, and in Home Assistant's ingress."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import Visit
from tests.support.live_page import PASSWORD, PageDaemon, page_daemon, set_password
from tests.support.mqtt_client import Client
from tests.support.ports import free_port

PREFIX = "/api/hassio_ingress/t0ken"
NGINX = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    listen 127.0.0.1:{port};
    {location}
  }}
}}
"""


@contextmanager
def running(command: list[str], port: int) -> Iterator[str]:
    with subprocess.Popen(command) as process:
        try:
            Client("127.0.0.1", port, "", "").wait_for_broker()  # until the port is open
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


@contextmanager
def ingress(served: PageDaemon) -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "tests.support.fakes.reverse_proxy", str(port), served.url.rstrip("/"), PREFIX]
    with running([*command, f"X-Ingress-Path={PREFIX}"], port) as url:
        yield f"{url}{PREFIX}/"


@contextmanager
def hiding_proxy(served: PageDaemon) -> Iterator[str]:
    """One that sends the name of its upstream as Host, as nginx does by itself."""
    port = free_port()
    command = [sys.executable, "-m", "tests.support.fakes.reverse_proxy", str(port), served.url.rstrip("/"), ""]
    with running([*command, f"Host=127.0.0.1:{served.port}"], port) as url:
        yield f"{url}/"


@contextmanager
def nginx(served: PageDaemon) -> Iterator[str]:
    """As docs/http.md tells it."""
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin")
    if program is None:
        pytest.skip("no nginx: apt install nginx-light")
    documented = Path("docs/http.md").read_text().split("```nginx\n")[1].split("```")[0]
    port = free_port()
    location = documented.replace("http://127.0.0.1:8474/", served.url)
    assert location != documented
    configuration = served.folder / "nginx.conf"
    configuration.write_text(NGINX.format(folder=served.folder, port=port, location=location))
    with running([program, "-c", str(configuration), "-e", str(served.folder / "error.log")], port) as url:
        yield f"{url}/baby/"


def works(page: Page) -> None:
    page.wait_for_selector("#link[data-link=live]")
    page.click("#play")
    expect(page.locator("#stop")).to_be_visible()
    page.click("#stop")
    expect(page.locator("#play")).to_be_visible()
    page.click('[data-view="nights"]')
    page.wait_for_selector("#night svg")


def test_home_assistants_ingress_asks_and_the_page_does_not(browser: Browser, tmp_path: Path) -> None:
    served = page_daemon(tmp_path, web=", trusted_proxies: [127.0.0.1], proxy_logs_in: true", cries=False)
    with served.daemon(), ingress(served) as url, Visit(browser) as visit:
        works(visit.open(url))
        assert visit.complaints == []


def test_behind_nginx_the_password_is_asked_for(browser: Browser, tmp_path: Path) -> None:
    served = page_daemon(tmp_path, web=", trusted_proxies: [127.0.0.1]", cries=False)
    set_password(served)
    with served.daemon(), nginx(served) as url, Visit(browser) as visit:
        page = visit.open(url)
        page.wait_for_selector("#view-login:not([hidden])")
        page.fill("#password", PASSWORD)
        page.keyboard.press("Enter")
        works(page)
        (cookie,) = visit.context.cookies()
        assert (cookie["path"], cookie["httpOnly"], cookie["sameSite"]) == ("/baby/", True, "Strict")
        assert visit.complaints == []


def test_behind_a_proxy_without_host_the_page_says_what_to_add(browser: Browser, tmp_path: Path) -> None:
    served = page_daemon(tmp_path, web=", trusted_proxies: [127.0.0.1]", cries=False)
    set_password(served)
    with served.daemon(), hiding_proxy(served) as url, Visit(browser) as visit:
        page = visit.open(url)
        page.fill("#password", PASSWORD)
        page.keyboard.press("Enter")
        expect(page.locator("#login-error")).to_contain_text("proxy_set_header Host $http_host;")


def test_a_proxy_missing_from_the_settings_is_refused(browser: Browser, tmp_path: Path) -> None:
    served = page_daemon(tmp_path, cries=False)
    with served.daemon(), ingress(served) as url, Visit(browser) as visit:
        page = visit.open(url)
        assert "the request came through a proxy that is not in web.trusted_proxies" in page.inner_text("body")
