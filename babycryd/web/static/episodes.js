// Cries of a night as a list: when, how long, what played and calmed, how sure; the clip, and the owner's marks.
import { button, element } from "./element.js";
import { clock, number, say, whole } from "./words.js";

// `marks`: a Marks; `clips`: ids of the episodes that have one; `none`: text of an empty list
export function items(episodes, { marks, clips = new Set(), none }) {
  if (!episodes.length) return [element("li", "soft", none)];
  return episodes.map((each) => item(each, marks, clips.has(each.id)));
}

function item(episode, marks, hasClip) {
  const time = clock(episode.started_utc_s);
  const head = element("p", "head", [
    element("time", "", time),
    element("strong", "", episode.length),
    element("span", "soft", say("page.episode.sure", { confidence: number(100 * episode.confidence) })),
  ]);
  const row = element("div", "row small", marks.buttons(episode.id, episode.cry, time));
  const made = element("li", "", [head, element("p", "soft", whole(episode.told.join(" · "))), row]);
  if (hasClip) row.append(listen(episode.id, time, made));
  made.id = `episode-${episode.id}`;
  made.tabIndex = -1;
  return made;
}

// The button that opens the sound and its spectrogram below the episode, and plays it
function listen(episode, time, below) {
  const clicked = () => {
    const shown = below.querySelector(".clip");
    if (shown) return shown.remove();
    const made = clip(episode, time);
    below.append(made);
    made.querySelector("audio").play().catch(() => {}); // a browser that refuses shows its own button
  };
  return button(say("page.episode.listen"), clicked, { of: time });
}

export function clip(episode, name) {
  const file = `clips/${encodeURIComponent(episode)}`;
  return element("div", "clip", [
    element("img", "", undefined, { src: `${file}.svg`, alt: say("page.clips.picture"), loading: "lazy" }),
    element("audio", "", undefined, { controls: "", preload: "none", src: `${file}.flac`, "aria-label": name }),
  ]);
}
