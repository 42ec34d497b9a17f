import type { ReactNode } from 'react';
import { TideLines } from './logo.js';

/** A page, or a part of one, that has nothing to show, and says why and what to do. */
export function Empty({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="empty">
      <TideLines />
      <h1>{title}</h1>
      {children}
    </section>
  );
}
