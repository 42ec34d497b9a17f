import { createHmac } from 'node:crypto';

/**
 * What a receiver checks to know that a request is ours and not an old one: `t=<seconds>,v1=<HMAC-SHA256 of "<seconds>.<body>">`.
 * Once the receiver knows the secret it needs nothing else; `v1` leaves room for another way.
 */
export function signatureOf(secret: string, body: string, at: Date): string {
  const seconds = Math.floor(at.getTime() / 1_000);
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`;
}
