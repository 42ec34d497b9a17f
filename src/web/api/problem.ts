/** A request that the server refused or could not serve, from its problem document (RFC 9457). */
export class Problem extends Error {
  /** Stable; `unreachable` when no reply came, `unexpected` when the reply was no problem document. */
  readonly code: string;
  /** HTTP status; 0 when no reply came. */
  readonly status: number;
  /** Sentences by the name of the field that they are about. */
  readonly fields: Record<string, string>;
  readonly retryAfterSec: number | undefined;

  constructor(options: { code: string; status: number; message: string; fields?: Record<string, string>; retryAfterSec?: number | undefined }) {
    super(options.message);
    this.name = 'Problem';
    this.code = options.code;
    this.status = options.status;
    this.fields = options.fields ?? {};
    this.retryAfterSec = options.retryAfterSec;
  }
}

/** Reads a refused reply; a proxy's HTML page becomes a problem too. */
export async function readProblem(response: Response): Promise<Problem> {
  const retryAfter = Number(response.headers.get('retry-after') ?? NaN);
  const document: unknown = await response.json().catch(() => undefined);
  return problemOf(response.status, document, Number.isFinite(retryAfter) ? retryAfter : undefined);
}

/** The problem that a status and a parsed body stand for. */
export function problemOf(status: number, document: unknown, retryAfterSec?: number): Problem {
  if (!isRecord(document)) return new Problem({ code: 'unexpected', status, message: '', retryAfterSec });
  return new Problem({
    code: textOf(document['code']) ?? 'unexpected',
    status,
    message: textOf(document['detail']) ?? textOf(document['title']) ?? '',
    fields: fieldsOf(document['issues']),
    retryAfterSec: retryAfterSec ?? numberOf(document['retryAfterSec']),
  });
}

/** One or two sentences for a person: what happened and what to do next. */
export function plainWords(error: unknown): string {
  if (!(error instanceof Problem)) return 'Something on this page went wrong. Reload it and try again.';
  if (error.status === 0) return 'The server does not answer. Check your connection; this page keeps trying.';
  if (error.status === 429) return `Too many attempts. Try again ${waitWords(error.retryAfterSec)}.`;
  if (error.status === 503) return 'The server is busy. Try again in a moment.';
  if (error.status === 507 && error.message !== '') return asSentence(error.message); // the disk is full
  if (error.status >= 500) return 'The server had a problem. Try again; if it stays, tell the person who runs it.';
  return error.message === '' ? `The server refused this (${error.status}).` : asSentence(error.message);
}

/** Starts with a capital letter and ends with a full stop. */
export function asSentence(text: string): string {
  const trimmed = text.trim();
  const begun = trimmed.charAt(0).toUpperCase() + trimmed.slice(1);
  return /[.!?…]$/.test(begun) ? begun : `${begun}.`;
}

function waitWords(seconds: number | undefined): string {
  if (seconds === undefined) return 'in a few minutes';
  if (seconds < 60) return `in ${Math.max(1, Math.ceil(seconds))} s`;
  return `in ${Math.ceil(seconds / 60)} min`;
}

function fieldsOf(issues: unknown): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const issue of Array.isArray(issues) ? issues : []) {
    if (!isRecord(issue)) continue;
    const path: unknown = issue['path'];
    const name = textOf(Array.isArray(path) ? path[0] : path);
    const message = textOf(issue['message']);
    if (name !== undefined && message !== undefined) fields[name] ??= asSentence(message);
  }
  return fields;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
