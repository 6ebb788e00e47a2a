// Runs before the page is drawn, so that a chosen theme does not flash: "" follows the system.
"use strict";

(() => {
  const key = "code-analysis-theme";
  const themes = ["", "dark", "light"];
  let theme = "";
  try {
    theme = localStorage.getItem(key) || "";
  } catch {
    // Without storage the choice lasts as long as the page.
  }

  function apply() {
    if (!themes.includes(theme)) theme = "";
    document.documentElement.dataset.theme = theme;
    const button = document.getElementById("theme");
    if (!button) return;
    const name = theme || "as the system";
    button.textContent = { "": "◐", dark: "☾", light: "☀" }[theme];
    button.setAttribute("aria-label", `Theme: ${name}. Change`);
    button.title = `Theme: ${name} (t)`;
  }

  window.nextTheme = () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length];
    try {
      localStorage.setItem(key, theme);
    } catch {
      // As above.
    }
    apply();
  };
  apply();
  document.addEventListener("DOMContentLoaded", apply);
})();
