import { z } from 'zod';
import { wholeBody } from '../bounded-body.js';
import type { PinnedFolder, PinReport, PinTarget } from './pin-target.js';

export interface PinningServiceOptions {
  url: string;
  /** Never in a log or an error. */
  token: string;
  /** Multiaddrs of nodes that have what is to be pinned. */
  origins: (signal: AbortSignal) => Promise<string[]>;
  fetch?: typeof fetch;
}

const ANSWER_MS = 15_000;
const MAX_ANSWER_BYTES = 256 << 10;
const MAX_NAME = 255;
const MAX_ORIGINS = 20;

const statusSchema = z.object({ requestid: z.string().min(1).max(512).regex(/^\P{C}*$/u, 'must be printable'), status: z.enum(['queued', 'pinning', 'pinned', 'failed']) });
const listSchema = z.object({ results: z.array(statusSchema).max(1_000) });
type Status = z.infer<typeof statusSchema>;

/** A service that speaks the IPFS Pinning Service API 1.0. It is told a CID, and fetches what that names by itself. */
export class PinningService implements PinTarget {
  readonly kind = 'pinning-service';
  readonly name: string;
  readonly #token: string;
  readonly #origins: (signal: AbortSignal) => Promise<string[]>;
  readonly #fetch: typeof fetch;

  constructor(options: PinningServiceOptions) {
    this.name = options.url.replace(/\/+$/, '');
    this.#token = options.token;
    this.#origins = options.origins;
    this.#fetch = options.fetch ?? fetch;
  }

  async check(signal: AbortSignal): Promise<void> {
    await this.#ask(listSchema, 'GET', '/pins?limit=1', signal);
  }

  async look(folder: PinnedFolder, signal: AbortSignal): Promise<PinReport | undefined> {
    const found = await this.#find(folder, signal);
    if (found?.status !== 'failed') return found && reportOf(found);
    // Its place is free for another try.
    await this.#remove(found.requestid, signal);
    throw new Error('the service could not pin it');
  }

  async pin({ cid, name }: PinnedFolder, signal: AbortSignal): Promise<PinReport> {
    const origins = (await this.#origins(signal).catch(() => [])).slice(0, MAX_ORIGINS);
    const status = await this.#ask(statusSchema, 'POST', '/pins', signal, { cid, name: name.slice(0, MAX_NAME), origins });
    if (status === undefined) throw new Error('the service takes no pins under this address');
    return reportOf(status);
  }

  async unpin(folder: PinnedFolder, signal: AbortSignal): Promise<void> {
    const found = await this.#find(folder, signal);
    if (found !== undefined) await this.#remove(found.requestid, signal);
  }

  /** By its own name for it, else by the CID: a crash may have come between the request and the answer. */
  async #find({ cid, requestId }: PinnedFolder, signal: AbortSignal): Promise<Status | undefined> {
    if (requestId !== undefined) return this.#ask(statusSchema, 'GET', `/pins/${encodeURIComponent(requestId)}`, signal);
    const list = await this.#ask(listSchema, 'GET', `/pins?cid=${cid}&status=queued,pinning,pinned&limit=1`, signal);
    return list?.results[0];
  }

  async #remove(requestId: string, signal: AbortSignal): Promise<void> {
    await this.#ask(z.unknown(), 'DELETE', `/pins/${encodeURIComponent(requestId)}`, signal);
  }

  /** Undefined for what it does not know. A redirect is an error: the token is for this address only. */
  async #ask<T>(schema: z.ZodType<T>, method: string, path: string, signal: AbortSignal, body?: object): Promise<T | undefined> {
    const response = await this.#fetch(`${this.name}${path}`, {
      method,
      headers: { Authorization: `Bearer ${this.#token}`, Accept: 'application/json', ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
      body: body === undefined ? null : JSON.stringify(body),
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
    });
    const text = (await wholeBody(response, MAX_ANSWER_BYTES)).toString();
    if (response.status === 404) return undefined;
    if (!response.ok) throw new Error(`${method} ${path.replace(/\?.*/, '')} was answered with ${response.status}`);
    return schema.parse(text === '' ? {} : JSON.parse(text));
  }
}

function reportOf({ requestid, status }: Status): PinReport {
  return { state: status === 'pinned' ? 'pinned' : 'pinning', requestId: requestid };
}
