import { STATUS_CODES } from 'node:http';
import type { ErrorRequestHandler, RequestHandler, Response } from 'express';
import { AppError, messageOf } from '../errors.js';
import type { Log } from '../log.js';

/** Nothing is served at this address. */
export class NotFound extends AppError {
  constructor(path: string) {
    super('not_found', `nothing is served at ${path}`, { status: 404 });
  }
}

/** The request line, headers or body break HTTP or JSON. */
export class RequestMalformed extends AppError {
  constructor(status: number, message: string, cause: unknown) {
    super(status === 413 ? 'body_too_large' : 'request_malformed', message, { status, cause });
  }
}

/** A problem document (RFC 9457). `code` is stable; clients branch on it. */
export interface Problem {
  type: 'about:blank';
  title: string;
  status: number;
  detail: string;
  code: string;
  [member: string]: unknown;
}

/** What a client may know of an error. */
export function problemOf(error: AppError): Problem {
  return {
    ...(error.expose ? error.detail : {}),
    type: 'about:blank',
    title: STATUS_CODES[error.status] ?? 'Error',
    status: error.status,
    detail: error.expose ? error.message : 'the server could not do this; its log says why',
    code: error.expose ? error.code : 'internal',
  };
}

/** Answers what no route has taken. */
export function notFound(): RequestHandler {
  return (request, _response, next) => next(new NotFound(request.path));
}

/** The one place where a failed request is answered and, when the fault is ours, logged. */
export function problemHandler(options: { log: Log }): ErrorRequestHandler {
  return (thrown: unknown, request, response, _next) => {
    const error = asAppError(thrown);
    if (!error.expose) {
      const cause = error.cause instanceof Error ? error.cause.stack : error.cause;
      options.log.error('request failed', { method: request.method, path: request.path, code: error.code, error: error.message, cause });
    }
    if (response.headersSent) response.destroy(); // half an answer must not look whole
    else sendProblem(response, error);
  };
}

function sendProblem(response: Response, error: AppError): void {
  const { retryAfterSec } = error.detail;
  if (typeof retryAfterSec === 'number') response.set('Retry-After', String(retryAfterSec));
  if (error.status === 401) response.set('WWW-Authenticate', 'Bearer'); // RFC 9110 §11.6.1 asks for it on every 401
  response.set('Cache-Control', 'no-store');
  response.status(error.status).type('application/problem+json').send(JSON.stringify(problemOf(error)));
}

/** Errors of Express and its body parser carry a 4xx status and a message for the client; anything else is a bug of ours. */
function asAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  const status = clientStatusOf(thrown);
  if (status !== undefined) return new RequestMalformed(status, messageOf(thrown), thrown);
  return new AppError('internal', messageOf(thrown), { cause: thrown });
}

function clientStatusOf(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error) || !('status' in thrown) || typeof thrown.status !== 'number') return undefined;
  return thrown.status >= 400 && thrown.status < 500 ? thrown.status : undefined;
}
