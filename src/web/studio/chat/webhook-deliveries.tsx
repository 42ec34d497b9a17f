import { useCallback, useState } from 'react';
import type { ChatSettingsApi, WebhookDelivery } from '../../api/chat-settings.js';
import { usePolled } from '../../api/poll.js';
import { plainWords } from '../../api/problem.js';
import { Notice } from '../../controls/notice.js';
import { ago } from '../../words/time.js';

const REFRESH_MS = 5_000;
const WORDS: Record<WebhookDelivery['state'], string> = { delivered: 'delivered', waiting: 'waits', failed: 'given up' };

/** The last requests to a webhook; nothing is asked for until it is looked at. */
export function WebhookDeliveries({ api, hookId }: { api: ChatSettingsApi; hookId: string }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details className="deliveries" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>Last deliveries</summary>
      {isOpen && <List api={api} hookId={hookId} />}
    </details>
  );
}

function List({ api, hookId }: { api: ChatSettingsApi; hookId: string }) {
  const { value: deliveries, error } = usePolled(useCallback((signal) => api.deliveries(hookId, signal), [api, hookId]), { everyMs: REFRESH_MS });
  if (error !== undefined) return <Notice level="error">{plainWords(error)}</Notice>;
  if (deliveries?.length === 0) return <p className="soft">Nothing was sent yet.</p>;
  return (
    <ul>
      {deliveries?.map((delivery) => (
        <li key={delivery.id} data-state={delivery.state}>
          <span className="delivery-event">{delivery.event}</span>
          <span className="delivery-state">{WORDS[delivery.state]}</span>
          <span className="soft">{[delivery.error ?? delivery.status, delivery.attempts > 1 && `${delivery.attempts} tries`, ago(delivery.createdAt, Date.now())].filter(Boolean).join(', ')}</span>
        </li>
      ))}
    </ul>
  );
}
