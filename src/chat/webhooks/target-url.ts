import { isIP } from 'node:net';
import { WebhookAddressRefused } from '../errors.js';
import { isPublicAddress } from './public-address.js';

const MAX_LENGTH = 500;
/** Of services that take lines of text and could take a request for some (Fetch Standard, "bad port", and databases beside them). */
const BAD_PORTS = new Set([
  1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139,
  143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3306, 3659,
  4045, 4190, 5060, 5061, 5432, 6000, 6379, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080, 11211, 27017,
]);

/**
 * An address that may be told of events, as far as its text says. What its name stands for is looked at when it is sent to.
 * @throws {WebhookAddressRefused}
 */
export function checkTargetUrl(text: string, options: { allowPrivate: boolean }): URL {
  if (text.length > MAX_LENGTH || !URL.canParse(text)) throw new WebhookAddressRefused(`this is no address of ${MAX_LENGTH} characters or less, such as https://example.org/hook`);
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw new WebhookAddressRefused('the address must begin with https:// or http://');
  if (url.username !== '' || url.password !== '') throw new WebhookAddressRefused('the address must not have a user name or a password in it: check the signature instead');
  if (BAD_PORTS.has(Number(url.port))) throw new WebhookAddressRefused(`port ${url.port} is one of another kind of service`);
  if (!options.allowPrivate && isPrivateHost(hostOf(url))) throw new WebhookAddressRefused('the address is in a private network');
  url.hash = '';
  return url;
}

/** Without the brackets of an IPv6 address. */
function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

/** Of names, only those that never stand for anything else. */
function isPrivateHost(host: string): boolean {
  return isIP(host) === 0 ? /(?:^|\.)(?:localhost|local|internal)\.?$/i.test(host) : !isPublicAddress(host);
}
