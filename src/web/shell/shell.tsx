import { useEffect, useRef } from 'react';
import { Link, NavLink, Outlet, useLocation } from 'react-router-dom';
import { useSession, useSessionState } from '../api/context.js';
import { Icon } from '../controls/icons.js';
import { Logo } from './logo.js';
import './shell.css';
import { useTheme } from './theme.js';

/** What every page has around it: skip link, header, main, footer. */
export function Shell() {
  const main = useRef<HTMLElement>(null);
  useFocusOnNewPage(main);
  return (
    <>
      <a className="skip" href="#main">Skip to content</a>
      <Header />
      <main id="main" ref={main} tabIndex={-1}>
        <Outlet />
      </main>
      <footer className="footer">
        <p>Runs on <strong>Tidemark</strong>, a streaming server you can host yourself.</p>
      </footer>
    </>
  );
}

function Header() {
  return (
    <header className="header">
      <Link to="/" className="brand" aria-label="Tidemark, home">
        <Logo />
        <span className="brand-name">Tidemark</span>
      </Link>
      <nav className="nav" aria-label="Main">
        <AccountLinks />
        <ThemeButton />
      </nav>
    </header>
  );
}

function AccountLinks() {
  const session = useSession();
  const state = useSessionState();
  // While the cookie is being asked for, showing either would flicker.
  if (state.name === 'unknown') return null;
  if (state.name === 'signed-out') {
    return (
      <>
        <NavLink to="/login" className="nav-link">Sign in</NavLink>
        <NavLink to="/register" className="nav-link nav-strong">Sign up</NavLink>
      </>
    );
  }
  const { username, role } = state.user;
  return (
    <>
      {role === 'admin' && <NavLink to="/admin/archive" className="nav-link nav-admin">Operate</NavLink>}
      <NavLink to={`/${username}`} className="nav-link nav-channel">{username}</NavLink>
      <NavLink to="/studio" className="nav-link nav-strong">Studio</NavLink>
      <button type="button" className="nav-link" onClick={() => void session.signOut()}>Sign out</button>
    </>
  );
}

function ThemeButton() {
  const { theme, toggle } = useTheme();
  const other = theme === 'dark' ? 'light' : 'dark';
  return (
    <button type="button" className="nav-icon" onClick={toggle} aria-label={`Use the ${other} theme`} title={`Use the ${other} theme`}>
      <Icon name={theme === 'dark' ? 'sun' : 'moon'} />
    </button>
  );
}

/** After a link, focus goes to the new page, so that a screen reader starts there. The first page keeps its own. */
function useFocusOnNewPage(main: React.RefObject<HTMLElement>): void {
  const { pathname } = useLocation();
  const shown = useRef(pathname);
  useEffect(() => {
    if (shown.current === pathname) return;
    shown.current = pathname;
    window.scrollTo(0, 0);
    // A page that put the focus into its first field knows better.
    if (!main.current?.contains(document.activeElement)) main.current?.focus({ preventScroll: true });
  }, [main, pathname]);
}
