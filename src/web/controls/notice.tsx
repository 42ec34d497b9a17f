import type { ReactNode } from 'react';
import { Icon, type IconName } from './icons.js';

export type NoticeLevel = 'ok' | 'info' | 'warn' | 'error';

const ICONS: Record<NoticeLevel, IconName> = { ok: 'check', info: 'info', warn: 'warn', error: 'warn' };

/** A sentence that stands out: read out at once when it is an error, politely otherwise. */
export function Notice({ level, children }: { level: NoticeLevel; children: ReactNode }) {
  return (
    <div className="notice" data-level={level} role={level === 'error' ? 'alert' : 'status'}>
      <Icon name={ICONS[level]} />
      <div>{children}</div>
    </div>
  );
}
