// The form that asks for the password: loaded where there is a password, and no session yet.
import { byId } from "./element.js";
import { running, say } from "./words.js";

export class Login {
  #session;
  #reason;
  #loggedIn;

  // `reason(answer)`: why a request was refused, in words
  constructor(session, reason, loggedIn) {
    this.#session = session;
    this.#reason = reason;
    this.#loggedIn = loggedIn;
    byId("login").addEventListener("submit", (submitted) => this.#try(submitted));
  }

  // `again`: the page was logged in before
  show(again) {
    byId("login-why").textContent = say(again ? "page.login.ended" : "page.login.why");
    const { advice } = this.#session;
    if (advice) byId("login-error").textContent = say(`page.remedy.${advice}`);
    byId("login").hidden = false;
    byId("password").focus();
  }

  async #try(submitted) {
    submitted.preventDefault();
    const answer = await this.#session.post("api/login", { password: byId("password").value });
    byId("password").value = "";
    byId("login-error").textContent = answer.ok ? "" : this.#why(answer);
    if (answer.ok) this.#loggedIn();
  }

  #why(answer) {
    if (answer.status === 429) return say("page.login.wait", { length: running(answer.wait) });
    return answer.status === 403 && !answer.advice ? say("page.login.wrong") : this.#reason(answer);
  }
}
