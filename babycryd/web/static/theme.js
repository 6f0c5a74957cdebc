// Before anything is painted: nobody shall be dazzled at night.
"use strict";
(() => {
  let theme = "auto";
  try {
    theme = localStorage.getItem("theme") || "auto";
  } catch {
    // no storage: like the device
  }
  document.documentElement.dataset.theme = theme;
})();
