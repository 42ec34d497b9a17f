import type { KuboRPCClient } from 'kubo-rpc-client';
import { messageOf } from '../../platform/index.js';
import type { PinnedFolder, PinReport, PinTarget } from './pin-target.js';

export interface KuboNodeOptions {
  /** Address of its RPC API; a user name and password in it become a header. */
  apiUrl: string;
  /** Without any byte taken for so long, an import is given up, ms. */
  stallMs?: number;
}

const ANSWER_MS = 15_000;
/** Kubo looks for ever for a block that the CAR file does not have (ipfs/kubo#10159). */
const STALL_MS = 120_000;
const MAX_ADDRESSES = 20;

/** A Kubo node (ipfs/kubo), over its RPC API. */
export class KuboNode implements PinTarget {
  readonly kind = 'kubo';
  readonly name: string;
  readonly #url: URL;
  readonly #headers: Record<string, string>;
  readonly #stallMs: number;
  #client: Promise<KuboRPCClient> | undefined;

  constructor({ apiUrl, stallMs = STALL_MS }: KuboNodeOptions) {
    this.#url = new URL(apiUrl);
    const { username, password } = this.#url;
    this.#headers = username === '' ? {} : { Authorization: `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')}` };
    [this.#url.username, this.#url.password] = ['', ''];
    this.name = this.#url.href.replace(/\/$/, '');
    this.#stallMs = stallMs;
  }

  async check(signal: AbortSignal): Promise<void> {
    await (await this.#rpc()).version({ signal: soon(signal) }).catch((error: unknown) => {
      throw messageOf(error) === '' ? new Error('what answers is no Kubo node, or one that is not well', { cause: error }) : error;
    });
  }

  async look({ cid }: PinnedFolder, signal: AbortSignal): Promise<PinReport | undefined> {
    const client = await this.#rpc();
    try {
      for await (const pin of client.pin.ls({ paths: cid, type: 'recursive', signal: soon(signal) })) {
        if (pin.cid.toString() === cid) return { state: 'pinned' };
      }
    } catch (error) {
      if (!isNotPinned(error)) throw error;
    }
    return undefined;
  }

  /** Sends all blocks; what the node names as pinned has to be what was meant, and it is asked once more afterwards. */
  async pin(folder: PinnedFolder, signal: AbortSignal): Promise<PinReport> {
    const pinned = await this.#import(folder, signal);
    if (pinned !== folder.cid) throw new Error(`the node pinned ${pinned ?? 'nothing'}, not ${folder.cid}`);
    const report = await this.look(folder, signal);
    if (report === undefined) throw new Error('the node says that it pinned the recording, and does not list it');
    return report;
  }

  async unpin({ cid }: PinnedFolder, signal: AbortSignal): Promise<void> {
    try {
      await (await this.#rpc()).pin.rm(cid, { recursive: true, signal: soon(signal) });
    } catch (error) {
      if (!isNotPinned(error)) throw error;
    }
  }

  /** Where other nodes find this one: multiaddrs. */
  async addresses(signal: AbortSignal): Promise<string[]> {
    const { addresses } = await (await this.#rpc()).id({ signal: soon(signal) });
    return addresses.map(String).slice(0, MAX_ADDRESSES);
  }

  /** @returns the root that the node pinned; undefined when it named none. */
  async #import(folder: PinnedFolder, signal: AbortSignal): Promise<string | undefined> {
    const stall = new AbortController();
    const timer = setTimeout(() => stall.abort(), this.#stallMs);
    const source = new Source(folder.car(), () => timer.refresh());
    try {
      const client = await this.#rpc();
      for await (const { root } of client.dag.import(source.pieces(), { pinRoots: true, signal: AbortSignal.any([signal, stall.signal]) })) {
        if (root.pinErrorMsg) throw new Error(`the node could not pin it: ${root.pinErrorMsg}`);
        return root.cid.toString();
      }
      return undefined;
    } catch (error) {
      if (source.failure !== undefined) throw source.failure;
      throw stall.signal.aborted ? new Error(`the node took nothing for ${this.#stallMs / 1_000} s`, { cause: error }) : error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Loaded when it is needed: a third of a second, and 28 MB. */
  #rpc(): Promise<KuboRPCClient> {
    this.#client ??= import('kubo-rpc-client').then(({ create }) => create({ url: this.#url, headers: this.#headers }));
    return this.#client;
  }
}

/** What is sent. The client hides why a source failed behind an abort, so it is kept here. */
class Source {
  readonly #pieces: AsyncIterable<Uint8Array>;
  readonly #onPiece: () => void;
  failure: unknown;

  constructor(pieces: AsyncIterable<Uint8Array>, onPiece: () => void) {
    this.#pieces = pieces;
    this.#onPiece = onPiece;
  }

  async* pieces(): AsyncGenerator<Uint8Array> {
    try {
      for await (const piece of this.#pieces) {
        this.#onPiece();
        yield piece;
      }
    } catch (error) {
      this.failure = error;
      throw error;
    }
  }
}

function soon(signal: AbortSignal): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
}

/** Kubo says so with the status of any error. */
function isNotPinned(error: unknown): boolean {
  return /\bnot pinned\b/.test(messageOf(error));
}
