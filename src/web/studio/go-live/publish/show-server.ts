import type { Api } from '../../../api/api.js';
import { Problem } from '../../../api/problem.js';
import type { Remembered } from '../../../api/session.js';
import type { ShowServer } from './live-show.js';

const LABEL = 'This browser';
/** Ids, which are no secrets, of keys that this browser made and has not revoked for sure. */
const KEYS = 'tidemark.browser-keys.';

/** What a show needs from the server, by the REST interface. A browser that crashes leaves a key; the next show removes it. */
export function showServerOf(options: { api: Api; slug: string; remembered: Remembered }): ShowServer {
  const { api, slug, remembered } = options;
  const ids = (): string[] => (remembered.getItem(KEYS + slug) ?? '').split(' ').filter((id) => id !== '');
  const write = (list: string[]) => remembered.setItem(KEYS + slug, list.join(' '));
  const revokeKey = async (id: string): Promise<void> => {
    await api.revokeStreamKey(slug, id).catch(unlessGone);
    write(ids().filter((other) => other !== id));
  };
  return {
    createKey: async () => {
      const created = await api.createStreamKey(slug, LABEL).catch(async (error: unknown) => {
        if (!(error instanceof Problem) || error.code !== 'too_many_stream_keys' || ids().length === 0) throw error;
        for (const id of ids()) await revokeKey(id);
        return await api.createStreamKey(slug, LABEL);
      });
      write([...ids(), created.id]);
      return created;
    },
    revokeKey,
    publishedForSec: async () => (await api.channelHealth(slug)).publication?.connectedSec,
    tidy: async () => {
      for (const id of ids().slice(0, -1)) await revokeKey(id);
    },
  };
}

function unlessGone(error: unknown): void {
  if (!(error instanceof Problem) || error.status !== 404) throw error;
}
