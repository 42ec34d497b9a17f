import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { addressKey } from '../../platform/index.js';
import type { Origin } from './queries.js';

const DEVICE = /^([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{22})$/;

/**
 * Makes and reads device tokens, and turns what a client comes from into keyed hashes: neither an address nor a
 * token can be read back from the database. A token is signed, so that nobody makes up one that is somebody else's.
 */
export class Origins {
  readonly #secret: string;

  constructor(options: { secret: string }) {
    this.#secret = options.secret;
  }

  /** The token of a client: its own when it is one of ours, else a new one. */
  deviceToken(told: string | undefined): string {
    const [, id = '', signature = ''] = DEVICE.exec(told ?? '') ?? [];
    if (id !== '' && timingSafeEqual(Buffer.from(signature), Buffer.from(this.#hash('token', id)))) return `${id}.${signature}`;
    const made = randomBytes(16).toString('base64url');
    return `${made}.${this.#hash('token', made)}`;
  }

  /** IPv4 counts by /24 and IPv6 by /64: what one subscriber gets anew by pulling the plug. */
  of(deviceToken: string, address: string): Origin {
    return { device: this.#hash('device', deviceToken), address: this.#hash('address', prefixOf(address)) };
  }

  #hash(kind: string, text: string): string {
    return createHmac('sha256', this.#secret).update(`${kind}\n${text}`).digest('base64url').slice(0, 22);
  }
}

function prefixOf(address: string): string {
  return addressKey(address).replace(/^(\d+\.\d+\.\d+)\.\d+$/, '$1.0/24');
}
