// Runs before the first paint, so that a chosen theme never flashes the other one. shell/theme.ts writes the choice.
(function () {
  try {
    var theme = localStorage.getItem('tidemark.theme');
    if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
  } catch (error) {
    // Storage is blocked: the system's theme stays.
  }
})();
