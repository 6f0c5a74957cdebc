"""The alarm of the page in a real browser: it rings after one tap, until it is seen; and Web Push."""

from pathlib import Path

from playwright.sync_api import Browser, expect

from babycryd.core.alert import AlertChanged
from babycryd.core.commands import AcknowledgeAlert
from babycryd.notify.web_push import PushBook
from tests.support.browser import Visit, violations
from tests.support.patience import HANG_S, wait_until
from tests.support.served_page import served_page
from tests.support.serving import ServedDevice

UTC_S = 1_763_776_385.0
# Counts what would sound and vibrate
LISTEN = """
window.notes = 0; window.vibrations = 0;
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...times) { window.notes += 1; return start.apply(this, times); };
Navigator.prototype.vibrate = (pattern) => { if (pattern) window.vibrations += 1; return true; };
"""
# A push service cannot be reached here: the browser's part of a subscription is made up
SUBSCRIBE = """
const keys = {p256dh: %r, auth: "MDEyMzQ1Njc4OWFiY2RlZg"};
const made = {
  endpoint: "https://fcm.googleapis.com/fcm/send/made-up",
  toJSON: () => ({endpoint: made.endpoint, expirationTime: null, keys}),
  unsubscribe: async () => { window.subscription = null; return true; },
};
PushManager.prototype.getSubscription = async () => window.subscription ?? null;
PushManager.prototype.subscribe = async (options) => {
  window.key = options.applicationServerKey.length;
  return window.subscription = made;
};
"""
POINT = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"  # of RFC 8291


def test_the_page_rings_after_one_tap_until_it_is_seen(browser: Browser, tmp_path: Path) -> None:
    with served_page(tmp_path, ServedDevice()) as served, Visit(browser) as visit:
        visit.context.add_init_script(LISTEN)
        page, body = visit.open(served.url), visit.page.locator("body")
        expect(page.locator("#link")).to_have_attribute("data-link", "live")
        served.tell(AlertChanged(1.0, "told", "crying", UTC_S))
        expect(page.locator("#alert-title")).to_have_text("The baby is crying")
        expect(body).to_have_attribute("data-alarm", "off")  # no tap yet
        assert page.evaluate("notes") == 0
        page.click("#alarm-start")
        expect(body).to_have_attribute("data-alarm", "rings")
        wait_until(lambda: page.evaluate("notes >= 6 && vibrations >= 2"), HANG_S, lambda: page.evaluate("notes"))
        assert violations(page) == []
        page.click("#acknowledge")
        wait_until(lambda: served.device.executed, HANG_S, lambda: served.device.executed)
        assert served.device.executed == [AcknowledgeAlert()]
        served.tell(AlertChanged(2.0, "acknowledged", "crying", UTC_S))
        expect(body).to_have_attribute("data-alarm", "ready")
        expect(page.locator("#alert-since")).to_contain_text("seen")
        expect(page.locator("#acknowledge")).to_be_hidden()
        served.tell(AlertChanged(3.0, "quiet"))
        expect(page.locator("#alert")).to_be_hidden()
        page.click("#alarm-stop")
        expect(body).to_have_attribute("data-alarm", "off")
        assert visit.complaints == []


def test_a_page_that_has_lost_the_nursery_rings_too(browser: Browser, tmp_path: Path) -> None:
    with served_page(tmp_path, ServedDevice()) as served, Visit(browser) as visit:
        page = visit.open(served.url)
        expect(page.locator("#link")).to_have_attribute("data-link", "live")
        states = page.evaluate("""async () => {
            const alarm = new (await import("./alarm.js")).Alarm();
            document.getElementById("alarm-start").click();
            const after = (link, silentS) => {
                alarm.show({ alert: { state: "quiet", kind: null } }, link, silentS);
                return document.body.dataset.alarm;
            };
            return [after("live", 1), after("lost", 5), after("lost", 31), after("live", 0)];
        }""")
        assert states == ["ready", "ready", "rings", "ready"]


def test_a_browser_asks_for_notifications_and_ends_them(browser: Browser, tmp_path: Path) -> None:
    book = PushBook(tmp_path)
    with served_page(tmp_path, ServedDevice(push=book)) as served, Visit(browser) as visit:
        visit.context.add_init_script(SUBSCRIBE % POINT)
        page = visit.open(served.url)
        page.click("#push-start")
        expect(page.locator("#push-stop")).to_be_visible()
        assert page.evaluate("window.key") == 65
        assert len(book.senders()) == 1
        page.click("#push-stop")
        expect(page.locator("#push-start")).to_be_visible()
        assert not book.senders()
        assert visit.complaints == []


def test_the_worker_shows_a_pushed_alert_once_and_acknowledges_it(browser: Browser, tmp_path: Path) -> None:
    with served_page(tmp_path, ServedDevice()) as served, Visit(browser) as visit:
        visit.context.grant_permissions(["notifications"], origin=served.url)
        page = visit.open(served.url)
        expect(page.locator("#link")).to_have_attribute("data-link", "live")
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")

        def begun() -> bool:
            page.wait_for_timeout(20)  # in which Playwright hears of it
            return bool(visit.context.service_workers)

        wait_until(begun, HANG_S, page.content)
        worker = visit.context.service_workers[0]
        shown = worker.evaluate("""async () => {
            const message = {id: "m1", alert: "crying-e1", title: "The baby is crying", text: "Nursery: since 02:13",
                             urgency: "high", button: "I have seen it"};
            for (let time = 0; time < 2; time += 1) await tell(message);
            await tell({...message, id: "m2", text: "Nursery: for 2 minutes"});
            return (await self.registration.getNotifications()).map((each) => [each.title, each.body, each.silent]);
        }""")
        assert shown == [["The baby is crying", "Nursery: for 2 minutes", False]]
        worker.evaluate("acknowledge()")
        wait_until(lambda: served.device.executed, HANG_S, lambda: served.device.executed)
        assert served.device.executed == [AcknowledgeAlert()]
