import type { AdminArchive, ArchiveDetails, ArchiveSettings, ArchiveSettingsChange, ArchiveSummary, Estimate, Receipts } from './archive-contract.js';

type Method = 'GET' | 'POST' | 'PATCH';
type Ask = <Reply>(method: Method, path: string, body?: unknown, signal?: AbortSignal) => Promise<Reply>;
type Act = (method: Method, path: string, body: unknown) => Promise<void>;
type Take = (method: Method, path: string, body: unknown) => Promise<Blob>;

/** The permanent archive of shows. Every method throws a Problem when the server refuses. */
export class ArchiveApi {
  readonly #ask: Ask;
  readonly #act: Act;
  readonly #take: Take;

  /** @param options.act is for what is answered by looking again, `take` for files. */
  constructor(options: { ask: Ask; act: Act; take: Take }) {
    this.#ask = options.ask;
    this.#act = options.act;
    this.#take = options.take;
  }

  settings(slug: string, signal?: AbortSignal): Promise<ArchiveSettings> {
    return this.#ask('GET', `${channelPath(slug)}/archive`, undefined, signal);
  }

  changeSettings(slug: string, change: ArchiveSettingsChange): Promise<ArchiveSettings> {
    return this.#ask('PATCH', `${channelPath(slug)}/archive`, change);
  }

  /** A channel's shows that are in the archive or on their way. */
  async archives(slug: string, signal?: AbortSignal): Promise<ArchiveSummary[]> {
    return (await this.#ask<{ archives: ArchiveSummary[] }>('GET', `${channelPath(slug)}/archive/broadcasts`, undefined, signal)).archives;
  }

  /** What everybody may know who may see the recording, without its files. */
  standing(id: string, signal?: AbortSignal): Promise<Receipts> {
    return this.#ask('GET', `${broadcastPath(id)}/receipts?files=none`, undefined, signal);
  }

  /** For who manages or moderates the channel. */
  details(id: string, signal?: AbortSignal): Promise<ArchiveDetails> {
    return this.#ask('GET', `${broadcastPath(id)}/archive`, undefined, signal);
  }

  /** What each tier would cost, at the price of this moment. */
  estimate(id: string, signal?: AbortSignal): Promise<Estimate[]> {
    return this.#ask('GET', `${broadcastPath(id)}/archive/estimate`, undefined, signal);
  }

  /** Keeps a stretch of the show out of the archive, or all of it. */
  veto(id: string, veto: { fromMs?: number; toMs?: number; reason: string }): Promise<void> {
    return this.#act('POST', `${broadcastPath(id)}/archive/veto`, veto);
  }

  /** Ends the time in which a show can be vetoed. */
  release(id: string): Promise<void> {
    return this.#act('POST', `${broadcastPath(id)}/archive/release`, {});
  }

  /** Has everything fetched back and hashed again. */
  verify(id: string): Promise<void> {
    return this.#act('POST', `${broadcastPath(id)}/archive/verify`, {});
  }

  /** The key of an encrypted archive, for its owner alone. */
  exportKey(id: string): Promise<Blob> {
    return this.#take('POST', `${broadcastPath(id)}/archive/key`, {});
  }

  /** Destroys the key of an encrypted archive. */
  erase(id: string, confirm: string): Promise<void> {
    return this.#act('POST', `${broadcastPath(id)}/archive/erase`, { confirm });
  }

  retry(deadLetterId: string): Promise<void> {
    return this.#act('POST', `/archive/dead-letters/${encodeURIComponent(deadLetterId)}/retry`, {});
  }

  /** For who runs the server. */
  overview(signal?: AbortSignal): Promise<AdminArchive> {
    return this.#ask('GET', '/admin/archive', undefined, signal);
  }

  releaseWallet(address: string): Promise<void> {
    return this.#act('POST', `/admin/archive/wallets/${encodeURIComponent(address)}/release`, {});
  }
}

function channelPath(slug: string): string {
  return `/channels/${encodeURIComponent(slug)}`;
}

function broadcastPath(id: string): string {
  return `/broadcasts/${encodeURIComponent(id)}`;
}
