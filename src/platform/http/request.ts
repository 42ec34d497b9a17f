import type { Request } from 'express';
import type { z } from 'zod';
import { AppError } from '../errors.js';

/** One field that breaks its rule; `path` is dotted, empty for the whole. */
export interface Issue {
  path: string;
  message: string;
}

/** The body breaks the schema; `issues` says where. */
export class RequestInvalid extends AppError {
  constructor(issues: Issue[]) {
    const message = issues.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ');
    super('request_invalid', message, { status: 400, detail: { issues } });
  }
}

/** @throws {RequestInvalid} */
export function parseBody<T>(schema: z.ZodType<T>, request: Pick<Request, 'body'>): T {
  return parse(schema, request.body);
}

/** The query of a request, as far as the schema asks for it. @throws {RequestInvalid} */
export function parseQuery<T>(schema: z.ZodType<T>, request: Pick<Request, 'query'>): T {
  return parse(schema, request.query);
}

function parse<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new RequestInvalid(result.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message })));
}
