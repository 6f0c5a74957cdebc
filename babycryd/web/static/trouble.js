// What needs the owner, beside the state: plain words and the next step; the technical text is folded.
import { byId, element } from "./element.js";
import { say } from "./words.js";

export class Troubles {
  #shown = "";

  // `found`: what is wrong or worth knowing, each { advice, text, note }. Where nothing has changed, an open fold stays open
  show(found) {
    const shown = JSON.stringify([found, say("page.trouble.why")]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    byId("troubles").hidden = !found.length;
    byId("troubles").replaceChildren(...found.map(troubleItem));
  }
}

// The technical text, folded
export const folded = (text) => element("details", "", [element("summary", "", say("page.trouble.why")), element("p", "soft", text)]);

// A trouble in words, as an item of a list
export function troubleItem({ advice, text, note }) {
  const told = [
    element("strong", "", say(`page.trouble.${advice}`) || say("page.trouble.part")),
    element("p", "", say(`page.remedy.${advice}`) || say("page.remedy.part")),
  ];
  if (text) told.push(folded(text));
  return element("li", note ? "note" : "", told);
}
