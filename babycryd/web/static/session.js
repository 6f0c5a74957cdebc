// The session: login state, CSRF token and requests.
const LIMIT_MS = 8000;
const UPLOAD_LIMIT_MS = 60_000;

export class Session {
  password = false;
  advice = null; // names the remedy text where every login is refused
  #csrf = null;

  // True where the page is logged in, or needs no login. Throws where the server does not answer.
  async check() {
    const answer = await fetch("api/session", { cache: "no-store", signal: AbortSignal.timeout(LIMIT_MS) });
    if (!answer.ok) throw new Error(await reason(answer));
    const fields = await answer.json();
    this.password = fields.password;
    this.advice = fields.advice ?? null;
    this.#csrf = fields.csrf;
    return fields.logged_in;
  }

  // Resolves to {ok, status, wait, error?, ...}; never throws. `fields`: JSON, or a Blob as it is
  async post(path, fields) {
    const isFile = fields instanceof Blob;
    const options = {
      method: "POST",
      headers: { "Content-Type": isFile ? fields.type : "application/json", "X-CSRF-Token": this.#csrf ?? "" },
      body: isFile ? fields : JSON.stringify(fields),
      signal: AbortSignal.timeout(isFile ? UPLOAD_LIMIT_MS : LIMIT_MS),
    };
    try {
      const answer = await fetch(path, options);
      const body = await answer.json().catch(() => ({}));
      const wait = Number(answer.headers.get("Retry-After")) || 0;
      return { ...body, ok: answer.ok, status: answer.status, wait };
    } catch {
      return { ok: false, status: 0 };
    }
  }

  // The same, and once more where the token was of an earlier session
  async command(path, fields) {
    const answer = await this.post(path, fields);
    return answer.status === 403 && (await this.check().catch(() => false)) ? this.post(path, fields) : answer;
  }
}

export const getJson = async (path) => (await get(path)).json();

export async function get(path) {
  const answer = await fetch(path, { cache: "no-store", signal: AbortSignal.timeout(3 * LIMIT_MS) });
  if (!answer.ok) throw new Error(await reason(answer));
  return answer;
}

async function reason(answer) {
  const body = await answer.json().catch(() => ({}));
  return body.error || `${answer.status}`;
}
