import { useState } from 'react';

export type Theme = 'light' | 'dark';

const KEY = 'tidemark.theme';

/** The theme in use and the way to the other one. The choice is kept; public/theme.js applies it on the next load. */
export function useTheme(): { theme: Theme; toggle: () => void } {
  const [theme, setTheme] = useState<Theme>(themeNow);
  const toggle = () => {
    const next: Theme = themeNow() === 'dark' ? 'light' : 'dark';
    document.documentElement.dataset['theme'] = next;
    remember(next);
    setTheme(next);
  };
  return { theme, toggle };
}

function themeNow(): Theme {
  const chosen = document.documentElement.dataset['theme'];
  if (chosen === 'light' || chosen === 'dark') return chosen;
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

function remember(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Storage is blocked: the choice lasts until the next load.
  }
}
