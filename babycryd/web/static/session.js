// Who may ask, and asking.
const LIMIT_MS = 8000;

export class Session {
  password = false;
  #csrf = null;

  // True where the page is logged in, or needs no login. Throws where the server does not answer.
  async look() {
    const answer = await fetch("api/session", { cache: "no-store", signal: AbortSignal.timeout(LIMIT_MS) });
    if (!answer.ok) throw new Error(await reason(answer));
    const told = await answer.json();
    this.password = told.password;
    this.#csrf = told.csrf;
    return told.logged_in;
  }

  // {ok, status, error?, ...}
  async post(path, fields) {
    const options = {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRF-Token": this.#csrf ?? "" },
      body: JSON.stringify(fields),
      signal: AbortSignal.timeout(LIMIT_MS),
    };
    try {
      const answer = await fetch(path, options);
      const told = await answer.json().catch(() => ({}));
      const wait = Number(answer.headers.get("Retry-After")) || 0;
      return { ...told, ok: answer.ok, status: answer.status, wait };
    } catch {
      return { ok: false, status: 0 };
    }
  }
}

export async function get(path) {
  const answer = await fetch(path, { cache: "no-store", signal: AbortSignal.timeout(3 * LIMIT_MS) });
  if (!answer.ok) throw new Error(await reason(answer));
  return answer;
}

async function reason(answer) {
  const told = await answer.json().catch(() => ({}));
  return told.error || `${answer.status}`;
}
