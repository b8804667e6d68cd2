// Light, dark, or as the system has it. Runs before the first paint, so that a chosen theme does not flash.
const THEMES = ['automatic', 'light', 'dark'];

function storedTheme() {
  const theme = localStorage.getItem('theme') ?? '';
  return THEMES.includes(theme) ? theme : 'automatic';
}

/** @param {string} theme */
function applyTheme(theme) {
  document.documentElement.dataset.theme = theme;
  const button = document.getElementById('theme');
  if (button) button.textContent = `Theme: ${theme}`;
}

applyTheme(storedTheme());
document.addEventListener('DOMContentLoaded', () => {
  applyTheme(storedTheme());
  document.getElementById('theme')?.addEventListener('click', () => {
    const next = THEMES[(THEMES.indexOf(storedTheme()) + 1) % THEMES.length] ?? 'automatic';
    localStorage.setItem('theme', next);
    applyTheme(next);
  });
});
