// Sets the theme before the first paint, so that the page never flashes white at night.
"use strict";
(() => {
  let theme = "auto";
  try {
    theme = localStorage.getItem("theme") || "auto";
  } catch {
    // no storage: the theme of the device
  }
  document.documentElement.dataset.theme = theme;
})();
