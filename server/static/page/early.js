// The look that the user has chosen, before the first paint: the page waits for this script, so it imports nothing.
{
  const KEY = 'linger.appearance';
  const root = document.documentElement;
  const prefersDark = matchMedia('(prefers-color-scheme: dark)');

  const kept = () => {
    try { return JSON.parse(localStorage.getItem(KEY)) ?? {}; } catch { return {}; }
  };

  const apply = () => {
    const { theme, density } = kept();
    const isDark = theme === 'dark' || (theme !== 'light' && prefersDark.matches);
    root.dataset.theme = isDark ? 'dark' : 'light';
    root.dataset.density = density === 'compact' ? 'compact' : 'roomy';
  };

  apply();
  prefersDark.addEventListener?.('change', apply);
  addEventListener('storage', ({ key }) => key === KEY && apply());
  addEventListener('appearance', apply);
}
