import type { RequestHandler } from 'express';

/**
 * Lets pages of other sites fetch what is behind it.
 * @param options.origin * or one origin.
 * @param options.headers those that such pages may send.
 */
export function crossOrigin(options: { origin: string; headers?: string[] }): RequestHandler {
  const { origin, headers = [] } = options;
  return (request, response, next) => {
    response.set({
      'Access-Control-Allow-Origin': origin,
      'Access-Control-Allow-Methods': 'GET, HEAD, OPTIONS',
      ...(headers.length > 0 ? { 'Access-Control-Allow-Headers': headers.join(', '), 'Access-Control-Expose-Headers': 'Content-Length, Content-Range, Date' } : {}),
      'Cross-Origin-Resource-Policy': origin === '*' ? 'cross-origin' : 'same-site',
    });
    if (request.method === 'OPTIONS') response.status(204).end();
    else next();
  };
}
