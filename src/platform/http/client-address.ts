import type { IncomingMessage } from 'node:http';

/**
 * The address of who asks, outside of Express: its own, or what the last of `trustProxy` proxies in front saw.
 * Those that a client wrote itself stand further left and are not believed.
 */
export function clientAddress(request: Pick<IncomingMessage, 'headers' | 'socket'>, trustProxy: number): string {
  const own = request.socket.remoteAddress ?? 'unknown';
  if (trustProxy === 0) return own;
  const forwarded = [request.headers['x-forwarded-for'] ?? ''].flat().join(',').split(',').map((address) => address.trim()).filter((address) => address !== '');
  return [...forwarded, own].at(-1 - trustProxy) ?? forwarded[0] ?? own;
}
