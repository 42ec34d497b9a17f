import { useEffect, useState, type ReactNode } from 'react';
import { Navigate, useLocation } from 'react-router-dom';
import { useSession, useSessionState } from '../api/context.js';
import { plainWords } from '../api/problem.js';
import { Empty } from '../shell/empty.js';

/** Shows its page to people who are signed in, and sends others to sign in and back. */
export function RequireSession({ children }: { children: ReactNode }) {
  const session = useSession();
  const state = useSessionState();
  const { pathname } = useLocation();
  const [isSure, setSure] = useState(state.name === 'signed-in');
  const [error, setError] = useState<unknown>();

  useEffect(() => {
    if (isSure) return;
    // The hint of an earlier visit may be lost while the cookie is good: here one request is worth it.
    session.renew().then(() => setSure(true), setError);
  }, [session, isSure]);

  if (state.name === 'signed-in') return children;
  if (error !== undefined) return <Empty title="No answer"><p>{plainWords(error)}</p></Empty>;
  return isSure ? <Navigate to="/login" replace state={{ from: pathname }} /> : null;
}
