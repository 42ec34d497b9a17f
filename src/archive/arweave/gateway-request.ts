import { ArweaveFault } from './errors.js';

export interface GatewayRequest {
  /** Beginning with a slash, after the gateway's address. */
  path: string;
  /** JSON; with it the request is a POST. */
  body?: string;
  /** Of the answer. */
  maxBytes: number;
  /** Ends the request before its time is up. */
  signal?: AbortSignal | undefined;
}

export interface GatewayAnswer {
  status: number;
  bytes: Buffer;
}

/** Statuses of a redirect that is followed (RFC 9110 §15.4); a 303 to a POST is an answer. */
const REDIRECTS = new Set([301, 302, 307, 308]);
/** Gateways send to a name for each item, once. */
const MAX_REDIRECTS = 3;
const TOO_MANY_REQUESTS = 429;
const MAX_RETRY_AFTER_MS = 3_600_000;

/**
 * Asks a gateway, bounded in time, size and redirects. A status that is neither 429 nor a server's error is the caller's to judge.
 * @throws {ArweaveFault}
 */
export async function askGateway(gatewayUrl: string, request: GatewayRequest, timeoutMs: number): Promise<GatewayAnswer> {
  const first = new URL(gatewayUrl.replace(/\/+$/, '') + request.path);
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = request.signal === undefined ? timeout : AbortSignal.any([timeout, request.signal]);
  try {
    const response = await follow(first, request, signal);
    await refuseFailure(response, first.host, request);
    return { status: response.status, bytes: await readBounded(response, first.host, request) };
  } catch (error) {
    if (error instanceof ArweaveFault) throw error;
    // The error itself may have the whole address in it, and that a key: only what was asked for is said.
    throw new ArweaveFault('remote', timeout.aborted ? `${first.host} did not answer ${request.path} within ${timeoutMs / 1_000} s` : `${first.host} cannot be reached${codeOf(error)}`);
  }
}

async function follow(first: URL, { path, body }: GatewayRequest, signal: AbortSignal): Promise<Response> {
  let url = first;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
    const response = await fetch(url, { redirect: 'manual', signal, ...(body === undefined ? {} : { method: 'POST', body, headers: { 'content-type': 'application/json' } }) });
    if (!REDIRECTS.has(response.status)) return response;
    await response.body?.cancel();
    if (body !== undefined) throw new ArweaveFault('operator', `${first.host} sends what is posted on to another address: set that one`, { answerStatus: response.status });
    url = redirectTarget(first, path, { from: url, location: response.headers.get('location') ?? '' });
  }
  throw new ArweaveFault('remote', `${first.host} redirects ${path} more than ${MAX_REDIRECTS} times`);
}

/** Where the gateway sends to: itself or a name under its own. Anything else would be another's answer, and a receipt says whose it was. */
function redirectTarget(first: URL, path: string, { from, location }: { from: URL; location: string }): URL {
  if (!URL.canParse(location, from.href)) throw new ArweaveFault('remote', `${first.host} redirects ${path} to nowhere`);
  const url = new URL(location, from);
  const isSafe = url.protocol === 'https:' || (url.protocol === 'http:' && from.protocol === 'http:');
  if (!isSafe || (url.hostname !== first.hostname && !url.hostname.endsWith(`.${first.hostname}`))) throw new ArweaveFault('remote', `${first.host} redirects ${path} to ${url.protocol}//${url.host}, which is not its own`);
  return url;
}

async function refuseFailure(response: Response, host: string, { path }: GatewayRequest): Promise<void> {
  const { status } = response;
  if (status < 500 && status !== TOO_MANY_REQUESTS) return;
  await response.body?.cancel();
  throw new ArweaveFault('remote', `${host} answered ${status} to ${path}`, { answerStatus: status, retryAfterMs: retryAfterMs(response) });
}

/** RFC 9110 §10.2.3: seconds or a date. At most an hour: nobody is asked to wait for ever. */
function retryAfterMs(response: Response): number | undefined {
  const text = response.headers.get('retry-after');
  if (text === null) return undefined;
  const waitMs = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - Date.now();
  return Number.isNaN(waitMs) ? undefined : Math.min(Math.max(waitMs, 0), MAX_RETRY_AFTER_MS);
}

async function readBounded(response: Response, host: string, { path, maxBytes }: GatewayRequest): Promise<Buffer> {
  const reader = response.body?.getReader();
  const pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  for (let read = await reader?.read(); read?.value !== undefined; read = await reader?.read()) {
    sizeBytes += read.value.length;
    pieces.push(read.value);
    if (sizeBytes <= maxBytes) continue;
    await reader?.cancel();
    throw new ArweaveFault('remote', `${host} sends more than ${maxBytes} bytes for ${path}`, { answerStatus: response.status });
  }
  return Buffer.concat(pieces);
}

/** Such as ECONNREFUSED, which `fetch` has in the cause of its error. */
function codeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
}
