// Elements made in code: texts are always text, never markup.
export const byId = (id) => document.getElementById(id);

// `attributes`: by name
export function element(name, kind, content, attributes = {}) {
  const made = document.createElement(name);
  if (kind) made.className = kind;
  if (Array.isArray(content)) made.append(...content);
  else if (content !== undefined) made.textContent = content;
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  return made;
}

// `of`: what the button is about, where the text beside others does not say it
export function button(text, clicked, { of, kind } = {}) {
  const made = element("button", kind, text, { type: "button", ...(of && { "aria-label": `${text}: ${of}` }) });
  made.addEventListener("click", () => clicked(made));
  return made;
}

// Shows one of two buttons, `stop` while something is `on`, and puts the focus there
export function swap(start, stop, on) {
  byId(start).hidden = on;
  byId(stop).hidden = !on;
  byId(on ? stop : start).focus();
}

// A picture that the server drew, as an element of this page
export function picture(svg) {
  return document.importNode(new DOMParser().parseFromString(svg, "image/svg+xml").documentElement, true);
}

export const addStyle = (href) => document.head.appendChild(element("link", "", undefined, { rel: "stylesheet", href }));

// Loads the style sheet of the pictures, until it is there
let styled = false;
export function stylePictures() {
  if (styled) return;
  styled = true;
  addStyle("nights.css").onerror = ({ target }) => {
    target.remove();
    styled = false;
  };
}
