"""The page over HTTPS, in a browser that trusts the authority behind its certificate, and in one that does not."""

import shutil
import signal
import ssl
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Error, expect

from tests.support.broker import make_certificates
from tests.support.browser import Visit, chromium
from tests.support.live_page import PASSWORD, PageDaemon, page_daemon, set_password
from tests.support.patience import CLOCK_HANG_S


def secured(folder: Path) -> PageDaemon:
    """One with a password and a certificate for `localhost`."""
    make_certificates(folder)
    files = f", cert_file: {folder}/server.pem, key_file: {folder}/server.key"
    served = page_daemon(folder, web=files, before_s=8.0)
    set_password(served)
    return served


def believer(folder: Path) -> Path:
    """A home folder whose owner trusts the authority, as Chromium reads it."""
    certutil = shutil.which("certutil")
    if certutil is None:
        pytest.skip("no certutil: apt install libnss3-tools")
    store = folder / "home" / ".pki" / "nssdb"
    store.mkdir(parents=True)
    keys = [certutil, "-d", f"sql:{store}"]
    subprocess.run([*keys, "-N", "--empty-password"], check=True)
    subprocess.run([*keys, "-A", "-n", "Test CA", "-t", "C,,", "-i", folder / "ca.pem"], check=True)
    return folder / "home"


def test_a_renewed_certificate_is_taken_on_sighup(tmp_path: Path) -> None:
    served = secured(tmp_path)
    with served.daemon() as daemon:
        first = ssl.get_server_certificate(("localhost", served.port), timeout=CLOCK_HANG_S)
        make_certificates(tmp_path)
        said = len(daemon.lines)
        daemon.process.send_signal(signal.SIGHUP)
        daemon.says("new connections get the certificate in", after=said)
        second = ssl.get_server_certificate(("localhost", served.port), timeout=CLOCK_HANG_S)
        assert second != first
        (tmp_path / "server.pem").write_text("")
        daemon.process.send_signal(signal.SIGHUP)
        daemon.says("the page keeps its earlier certificate", after=said)
        assert ssl.get_server_certificate(("localhost", served.port), timeout=CLOCK_HANG_S) == second


@pytest.mark.slow  # a quarter of a minute: two browsers and a cry
def test_a_trusted_certificate_makes_all_of_the_page_work(tmp_path: Path) -> None:
    served, home = secured(tmp_path), believer(tmp_path)
    address = f"https://localhost:{served.port}/"
    with served.daemon() as daemon:
        with chromium(home) as browser, Visit(browser) as visit:
            page = visit.open(address)
            assert page.evaluate("isSecureContext")
            page.fill("#password", PASSWORD)
            page.keyboard.press("Enter")
            page.wait_for_selector("#link[data-link=live]")
            (cookie,) = visit.context.cookies()
            assert (cookie["secure"], cookie["httpOnly"], cookie["sameSite"]) == (True, True, "Strict")
            visit.waits_for("crying")  # as the stream of events tells it
            said = len(daemon.lines)
            page.click("#stop")  # an order passes, with its token
            daemon.says("executed a command over HTTP", after=said)
            assert page.evaluate("navigator.serviceWorker.ready.then((worker) => worker.active !== null)")
            page.reload()  # it stays logged in
            expect(page.locator("#link")).to_have_attribute("data-link", "live")
            assert [each for each in visit.complaints if "401" not in each] == []
            with pytest.raises(Error, match=r"ERR_EMPTY_RESPONSE|ERR_CONNECTION"):
                page.goto(f"http://localhost:{served.port}/")
        with chromium() as browser, Visit(browser) as visit, pytest.raises(Error, match="ERR_CERT_AUTHORITY_INVALID"):
            visit.open(address)
