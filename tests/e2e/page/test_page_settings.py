"""The settings in a real browser, with the real daemon: what is chosen stands in the YAML and counts at once."""

import http.client
import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from babycryd.config import load
from babycryd.config.page_file import FILE
from babycryd.core.events import LevelMeasured
from babycryd.editing.sensitivity import operating_points
from tests.support.browser import Visit, violations
from tests.support.fakes.alert_service import AlertService
from tests.support.in_thread import in_thread
from tests.support.live_page import PageDaemon, page_daemon
from tests.support.made_up_home import made_up_device, made_up_settings, tonight
from tests.support.patience import CLOCK_HANG_S, HANG_S, wait_until
from tests.support.served_page import served_page
from tests.support.serving import ServedDevice

OWNERS = "\n# Our cat sounds like her\ndetection:\n  threshold: 0.8  # the cat\n"


def asked(served: PageDaemon, path: str) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=CLOCK_HANG_S)
    connection.request("GET", f"/{path}")
    answer = json.loads(connection.getresponse().read())
    connection.close()
    return answer


def fresh(folder: Path, more: str = "") -> PageDaemon:
    """A daemon whose file has what the page needs to be reached, and `more`."""
    served = page_daemon(folder, cries=False, after_s=900.0)
    served.config.write_text(f"# ours\nstate_dir: {folder}/state\nweb: {{port: {served.port}}}\n{more}")
    return served


def test_the_sensitivity_is_chosen_and_counts_at_once(browser: Browser, tmp_path: Path) -> None:
    served = fresh(tmp_path, OWNERS)
    before = served.config.read_text()
    [found] = [round(100 * one.recall) for one in operating_points(second_opinion=True) if one.threshold == 0.65]
    with served.daemon(), Visit(browser, language="de-DE") as visit, Visit(browser) as other:
        page = visit.open(f"{served.url}#settings")
        expect(page.get_by_text("Eigener Wert: 0,8")).to_be_visible()
        page.get_by_role("radio", name=f"Empfindlich Bemerkt {found} von 100").check()
        expect(page.get_by_text("Gespeichert.", exact=True)).to_be_visible()
        assert served.config.read_text() == before.replace("0.8  # the cat", "0.65  # the cat")
        assert served.config.with_name(next(served.config.parent.glob("*.old-*")).name).read_text() == before
        wait_until(lambda: asked(served, "api/state")["threshold"] == 0.65, HANG_S, lambda: asked(served, "api/state"))
        tab = other.open(f"{served.url}#settings")
        hours = tab.get_by_role("group", name="Quiet hours").get_by_label("from")
        expect(hours).to_be_visible()
        page.get_by_label("Am Bett höchstens").fill("45")
        page.get_by_label("Am Bett höchstens").blur()
        expect(page.get_by_text("Gespeichert.", exact=True)).to_have_count(2)
        hours.fill("08:00")  # by a tab that knows only the settings of before
        expect(tab.get_by_text("Give both times")).to_be_visible()
        tab.get_by_label("to", exact=True).fill("19:30")
        expect(tab.get_by_text("Kept.", exact=True)).to_be_visible()
        lullaby = load(served.config).lullaby
        assert (lullaby.quiet_hours, lullaby.max_dba) == ("08:00-19:30", 45)  # no tab has lost the other's change
        assert violations(page) == []
        assert visit.complaints == []


def test_a_bad_value_is_named_beside_its_field_in_the_readers_language(browser: Browser, tmp_path: Path) -> None:
    served = fresh(tmp_path, OWNERS)
    before = served.config.read_text()
    with served.daemon() as daemon, Visit(browser, language="fr-FR") as visit:
        page = visit.open(f"{served.url}#settings")
        loudest = page.get_by_label("Au berceau, au plus")
        loudest.fill("90")
        loudest.blur()
        expect(page.locator(".setting", has=loudest).get_by_role("alert")).to_have_text(
            "Ce doit être un nombre de 30 à 60."
        )
        page.get_by_text("Ajouter un téléphone").click()
        page.locator("#phone-name").fill("<b>x</b>")
        page.get_by_label("Sujet dans l’application ntfy").fill("deux mots")
        page.get_by_role("button", name="Ajouter", exact=True).click()
        expect(page.get_by_text("Prenez a à z")).to_be_visible()
        expect(page.get_by_text("Ce doit être un mot sans espace")).to_be_visible()
        assert served.config.read_text() == before
        assert not [line for line in daemon.lines if "deux mots" in line]


@pytest.mark.slow  # a restart is refused in the first 20 s
def test_a_phone_is_added_its_secret_kept_and_a_restart_offered(browser: Browser, tmp_path: Path) -> None:
    served = fresh(tmp_path, OWNERS)
    with served.daemon() as daemon, Visit(browser) as visit:
        page = visit.open(f"{served.url}#settings")
        page.get_by_text("Add a phone").click()
        page.locator("#phone-name").fill("phone")
        page.get_by_label("Topic in the ntfy app").fill("nursery-4f9a")
        page.get_by_role("button", name="Add", exact=True).click()
        expect(page.get_by_text("phone · ntfy")).to_be_visible()
        expect(page.get_by_text("Waits for a restart: Phones that get alerts")).to_be_visible()
        secret = tmp_path / "state" / "recipient-phone-address"
        assert (secret.read_text(), secret.stat().st_mode & 0o777) == ("nursery-4f9a\n", 0o600)
        assert "nursery-4f9a" not in served.config.read_text() + page.content() + "\n".join(daemon.lines)
        again = len(daemon.lines)
        wait_until(lambda: restarts(page), HANG_S, lambda: daemon.lines[-3:])  # not in the first 20 s of a run
        daemon.says("answering http", within_s=HANG_S, after=again)
        expect(page.get_by_text("Waits for a restart")).to_be_hidden()
        assert asked(served, "api/settings")["restart"] == []


def test_a_phone_gets_a_test_message_and_no_secret_is_shown(browser: Browser, tmp_path: Path) -> None:
    topic = tmp_path / "topic"
    topic.write_text("planted-5c1e\n")
    topic.chmod(0o600)
    with in_thread(AlertService()) as (service, _):
        services = f"notify: {{services: [{{name: phone, url: {service.url}, address_file: {topic}}}]}}\n"
        served = fresh(tmp_path, OWNERS + services)
        with served.daemon() as daemon, Visit(browser) as visit:
            page = visit.open(f"{served.url}#settings")
            test = page.get_by_role("button", name="Test: phone")
            test.click()
            expect(page.get_by_text("phone: the test was sent. Does the phone show it?")).to_be_visible()
            assert [each["title"] for each in service.messages] == ["Test"]
            service.faults.append("401")
            test.click()
            expect(
                page.get_by_text("phone did not get the test. Check address, token and the network.")
            ).to_be_visible()
            page.get_by_text("Details").click()
            expect(page.get_by_text("ntfy has not accepted the test")).to_be_visible()
            assert violations(page) == []
            assert "planted-5c1e" not in page.content() + "\n".join(daemon.lines)


def restarts(page: Page) -> bool:
    """Whether the restart is on its way; a daemon that has only just started refuses."""
    button = page.get_by_role("button", name="Restart babycryd now")
    if button.is_enabled():
        button.click()
    page.wait_for_timeout(1000)
    return page.get_by_text("It restarts …").is_visible() or button.is_hidden()


@pytest.mark.slow
def test_a_file_that_the_page_may_not_write_is_explained(browser: Browser, tmp_path: Path) -> None:
    served = fresh(tmp_path)
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / FILE).write_text("lullaby: {enabled: true}\n")  # as of a start with a read-only file
    before = served.config.read_text()
    with served.daemon(), Visit(browser) as visit:
        page = visit.open(f"{served.url}#settings")
        expect(page.get_by_text(f"This page may not write {served.config}.")).to_be_visible()
        page.get_by_label("A cry starts a lullaby").uncheck()
        expect(page.get_by_text("Kept.", exact=True)).to_be_visible()
        assert served.config.read_text() == before
        assert (tmp_path / "state" / FILE).read_text() == "lullaby: {enabled: false}\n"


@pytest.mark.parametrize("there", [True, False])
def test_a_page_without_settings_does_not_offer_them(there: bool, browser: Browser, tmp_path: Path) -> None:  # noqa: FBT001
    device = ServedDevice()
    device.settings = made_up_settings(tmp_path, written=True) if there else None
    with served_page(tmp_path, device) as served, Visit(browser) as visit:
        page = visit.open(served.url)
        page.wait_for_selector("#link[data-link=live]")
        page.click("#open-settings")
        expect(page.locator("#to-settings")).to_be_visible(visible=there)


def test_only_a_clap_is_heard_as_one(browser: Browser, tmp_path: Path) -> None:
    device = made_up_device(tmp_path, tonight())
    device.settings = made_up_settings(tmp_path, written=False)
    with served_page(tmp_path, device) as served, Visit(browser) as visit:
        page = visit.open(served.url)
        page.wait_for_selector("#first-steps[open]")
        told = page.locator("#first-steps [role=status]")
        for level_dbfs in (-51.0, -47.0):  # what was there before the first level was no quiet room
            served.tell(LevelMeasured(1.0, level_dbfs, -58.0))
            expect(page.locator("#level")).to_have_attribute("aria-valuenow", f"{level_dbfs:.0f}")
            expect(told).to_contain_text("Clap")
        served.tell(LevelMeasured(1.0, -30.0, -58.0))
        expect(told).to_have_text("It heard you.")
        assert visit.complaints == []


def test_the_first_steps_to_their_end(browser: Browser, tmp_path: Path) -> None:
    served = fresh(tmp_path)
    with served.daemon(), Visit(browser, language="de-DE") as visit:
        page = visit.open(served.url)
        steps = page.locator("#first-steps")
        expect(steps.get_by_role("heading", name="Hört es?")).to_be_focused()
        assert violations(page) == []
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")  # the keyboard alone
        steps.get_by_role("button", name="Jetzt testen").click()
        expect(
            steps.get_by_text("Das Mikrofon hat den Ton nicht gehört.").or_(steps.get_by_text("Der Test ging nicht."))
        ).to_be_visible()
        for heading in ("Wo es steht", "Wer erfährt es?", "Es hört zu"):
            steps.get_by_role("button", name="Weiter").click()
            expect(steps.get_by_role("heading", name=heading)).to_be_focused()
        steps.get_by_role("button", name="Fertig").click()
        expect(steps).to_have_count(0)
        settings = load(served.config)
        assert (settings.report.language, settings.notify.language) == ("de", "de")
        page.reload()
        expect(page.locator("#nav, #controls").first).to_be_visible()
        assert not asked(served, "api/state")["first_start"]


@pytest.mark.slow
def test_the_first_steps_are_skipped_once_and_never_shown_to_who_writes_yaml(browser: Browser, tmp_path: Path) -> None:
    served = fresh(tmp_path)
    with served.daemon(), Visit(browser) as visit:
        page = visit.open(served.url)
        page.get_by_role("button", name="Skip all this").click()
        expect(page.locator("#first-steps")).to_have_count(0)
        assert not asked(served, "api/state")["first_start"]
    (tmp_path / "hand").mkdir()
    by_hand = fresh(tmp_path / "hand", OWNERS)
    with by_hand.daemon():
        assert not asked(by_hand, "api/state")["first_start"]
