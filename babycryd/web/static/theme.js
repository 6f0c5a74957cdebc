// Sets the theme, and the wall display, before the first paint, so that the page never flashes white at night.
"use strict";
(() => {
  let theme = "auto";
  try {
    theme = localStorage.getItem("theme") || "auto";
  } catch {
    // no storage: the theme of the device
  }
  const root = document.documentElement;
  if (new URLSearchParams(location.search).has("kiosk")) {
    root.dataset.kiosk = "";
    theme = "dark";
  }
  root.dataset.theme = theme;
})();
