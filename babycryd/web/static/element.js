// Elements made in code: texts are always text, never markup.
export function element(name, kind, content) {
  const made = document.createElement(name);
  if (kind) made.className = kind;
  if (Array.isArray(content)) made.append(...content);
  else if (content !== undefined) made.textContent = content;
  return made;
}

// A picture that the server drew, as an element of this page
export function picture(svg) {
  return document.importNode(new DOMParser().parseFromString(svg, "image/svg+xml").documentElement, true);
}

// Loads the style sheet of the pictures, once
let styled = false;
export function stylePictures() {
  if (styled) return;
  styled = true;
  const link = element("link");
  link.rel = "stylesheet";
  link.href = "nights.css";
  document.head.append(link);
}
