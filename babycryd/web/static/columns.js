// Where the cards stand: one below another on a phone, in columns where there is room; the tabulator key goes column by column.
import { byId, element } from "./element.js";

const LAYOUTS = [ // by width, the widest first; of each column, the ids of its cards
  ["(min-width: 76rem)", ["hero order device-alarm listen", "controls calms", "last tonight scores voice loudness"]],
  ["(min-width: 44rem)", ["hero last tonight scores device-alarm voice loudness", "controls calms order listen"]],
];

// The wall display has one column
export function layColumns() {
  if ("kiosk" in document.documentElement.dataset) return;
  const view = byId("view-now");
  const cards = [...view.children];
  const widths = LAYOUTS.map(([width]) => matchMedia(width));
  const lay = () => {
    const [, columns] = LAYOUTS[widths.findIndex((each) => each.matches)] ?? [];
    const focused = document.activeElement;
    view.replaceChildren(...(columns?.map((ids) => element("div", "column", ids.split(" ").map(byId))) ?? cards));
    focused.focus(); // it is lost where an element moves
  };
  for (const each of widths) each.addEventListener("change", lay);
  lay();
}
