import { Resolver } from 'node:dns/promises';
import http from 'node:http';
import https from 'node:https';
import { isIP } from 'node:net';
import type { LookupFunction } from 'node:net';
import { messageOf } from '../../platform/index.js';
import { isPublicAddress } from './public-address.js';
import { signatureOf } from './signature.js';
import { checkTargetUrl } from './target-url.js';

export interface SenderOptions {
  /** Whether addresses of private networks may be told. */
  allowPrivate: boolean;
  /** Addresses of a name; the name servers of this machine are asked when there is none. */
  resolve?: (hostname: string) => Promise<string[]>;
  timeoutMs?: number;
  now?: () => Date;
}

/** What is sent. */
export interface Parcel {
  url: string;
  secret: string;
  /** The same one again is the same event. */
  id: string;
  event: string;
  body: string;
}

/** What came back: the status, when there was an answer, and why it is not good. */
export interface Outcome {
  status: number | null;
  error: string | null;
}

const TIMEOUT_MS = 5_000;
const MAX_ANSWER_BYTES = 1_024;

/** Sends events to addresses that strangers chose: bounded in time and size, and never into a private network. */
export class Sender {
  readonly #allowPrivate: boolean;
  readonly #resolve: (hostname: string) => Promise<string[]>;
  readonly #timeoutMs: number;
  readonly #now: () => Date;

  constructor(options: SenderOptions) {
    this.#allowPrivate = options.allowPrivate;
    this.#resolve = options.resolve ?? resolveByDns;
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    this.#now = options.now ?? (() => new Date());
  }

  /** Never throws: whatever happens is an outcome. */
  async send(parcel: Parcel): Promise<Outcome> {
    const signal = AbortSignal.timeout(this.#timeoutMs);
    try {
      const status = await this.#post(parcel, signal);
      return { status, error: errorOf(status) };
    } catch (error) {
      return { status: null, error: signal.aborted ? `no answer within ${this.#timeoutMs / 1_000} s` : messageOf(error).slice(0, 300) };
    }
  }

  async #post({ url: text, secret, id, event, body }: Parcel, signal: AbortSignal): Promise<number> {
    const url = checkTargetUrl(text, { allowPrivate: this.#allowPrivate });
    const headers = {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
      'User-Agent': 'Tidemark-Webhook',
      'Tidemark-Event': event,
      'Tidemark-Delivery': id,
      'Tidemark-Signature': signatureOf(secret, body, this.#now()),
    };
    // A literal address is not looked up: `checkTargetUrl` has seen it.
    const options = { method: 'POST', headers, agent: false, lookup: this.#lookup, signal };
    return new Promise((resolve, reject) => {
      let status: number | undefined;
      const request = (url.protocol === 'https:' ? https : http).request(url, options, (answer) => {
        status = answer.statusCode;
        void readLittle(answer).then(() => resolve(answer.statusCode ?? 0));
      });
      // A receiver that goes on speaking until its time is up has taken the event all the same.
      request.on('error', (error) => (status === undefined ? reject(error) : resolve(status)));
      request.end(body);
    });
  }

  /** The connection goes to the addresses that were looked at, not to what the name stands for a moment later. */
  readonly #lookup: LookupFunction = (hostname, { all }, callback) => {
    this.#addressesOf(hostname).then((addresses) => {
      const [first] = addresses;
      if (first === undefined || all) callback(null, addresses);
      else callback(null, first.address, first.family);
    }, (error: Error) => callback(error, []));
  };

  async #addressesOf(hostname: string): Promise<{ address: string; family: number }[]> {
    const addresses = await this.#resolve(hostname);
    if (addresses.length === 0) throw new Error(`"${hostname}" has no address`);
    // One that is private among others is no accident.
    if (!this.#allowPrivate && !addresses.every(isPublicAddress)) throw new Error('the address is in a private network');
    return addresses.map((address) => ({ address, family: isIP(address) }));
  }
}

function errorOf(status: number): string | null {
  if (status >= 200 && status < 300) return null;
  return status >= 300 && status < 400 ? `answered ${status}: redirects are not followed` : `answered ${status}`;
}

/** The status is the answer; a little of the rest is read, so that a connection ends as its other side expects. */
function readLittle(answer: http.IncomingMessage): Promise<void> {
  let bytes = 0;
  return new Promise((resolve) => {
    answer.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MAX_ANSWER_BYTES) answer.destroy();
    });
    answer.on('close', resolve);
    answer.on('error', () => resolve());
  });
}

/** Not by the system's `getaddrinfo`: each of those holds a thread that reading files needs too, for as long as a name server takes. */
async function resolveByDns(hostname: string): Promise<string[]> {
  const resolver = new Resolver({ timeout: 2_000, tries: 2 });
  const found = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
  return found.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
}
