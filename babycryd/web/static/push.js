// Web Push: notifications while the page is closed. Browsers have it over HTTPS, iPhones on the home screen only.
import { byId } from "./element.js";
import { getJson } from "./session.js";
import { say } from "./words.js";

export class Push {
  #page;
  #key = null; // of the application server; null: no Web Push here

  constructor(page) {
    this.#page = page;
    byId("push-start").addEventListener("click", () => this.#begin());
    byId("push-stop").addEventListener("click", () => this.#end());
  }

  // Shows the button that makes sense; called once the page is connected
  async show() {
    this.#key ??= (await getJson("api/push")).key;
    const subscription = this.#key && (await (await this.#manager()).getSubscription());
    byId("push-start").hidden = !this.#key || Boolean(subscription);
    byId("push-stop").hidden = !subscription;
  }

  async #manager() {
    return (await navigator.serviceWorker.ready).pushManager;
  }

  async #begin() {
    try {
      const manager = await this.#manager();
      await (await manager.getSubscription())?.unsubscribe(); // of an earlier key
      const subscription = await manager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(this.#key) });
      if (!(await this.#page.command("api/push", subscription.toJSON()))) await subscription.unsubscribe();
    } catch (error) {
      this.#page.toast(say("page.push.failed", { why: error.message }));
    }
    await this.show();
  }

  async #end() {
    const subscription = await (await this.#manager()).getSubscription();
    await this.#page.command("api/push/remove", { endpoint: subscription.endpoint });
    await subscription.unsubscribe();
    await this.show();
  }
}

function bytes(base64url) {
  const base64 = base64url.replaceAll("-", "+").replaceAll("_", "/");
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}
