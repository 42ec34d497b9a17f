/** What was asked for is not there, or is no broadcast. */
export class CopyUnreadable extends Error {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = 'CopyUnreadable';
  }
}

/** Statuses of a redirect (RFC 9110 §15.4). */
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const MAX_REDIRECTS = 3;

/** Fetches, and follows redirects to the same host or a name under it: what is asked for on another's word stays out of private networks. @throws {CopyUnreadable} */
export async function fetchWithin(first: URL, init: { headers: Record<string, string>; signal: AbortSignal }): Promise<Response> {
  let url = first;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
    const response = await fetch(url, { ...init, redirect: 'manual' });
    if (!REDIRECTS.has(response.status)) return response;
    await response.body?.cancel();
    url = targetOf(response, { first, from: url });
  }
  throw new CopyUnreadable(`${first.origin} redirects more than ${MAX_REDIRECTS} times`);
}

function targetOf(response: Response, { first, from }: { first: URL; from: URL }): URL {
  const location = response.headers.get('location') ?? '';
  if (!URL.canParse(location, from.href)) throw new CopyUnreadable(`${first.origin} redirects to nowhere`);
  const url = new URL(location, from);
  const isWithin = /^https?:$/.test(url.protocol) && (url.hostname === first.hostname || url.hostname.endsWith(`.${first.hostname}`));
  if (!isWithin) throw new CopyUnreadable(`${first.origin} sends to ${url.protocol}//${url.host}: if that is right, name that address`);
  return url;
}
