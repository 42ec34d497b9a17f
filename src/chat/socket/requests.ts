import { z } from 'zod';
import { AppError, messageOf } from '../../platform/index.js';
import type { Log } from '../../platform/index.js';
import { ChatRequestInvalid } from '../errors.js';
import type { Ack, ClientEvents, Failure } from '../events.js';
import type { Connection } from './connection.js';

type Wish<E extends keyof ClientEvents> = Parameters<ClientEvents[E]>[0];
type Answer<E extends keyof ClientEvents> = Parameters<ClientEvents[E]>[1] extends Ack<infer T> ? T : never;

/** How a request is answered: the payload is whatever the client sent. */
export type Handler = (connection: Connection, payload: unknown) => Promise<object>;
/** By name of the event. */
export type Handlers = Map<string, Handler>;

/** One request that clients make: the rule for its payload, and what is done. */
export function request<E extends keyof ClientEvents>(
  name: E,
  schema: z.ZodType<Wish<E>>,
  answer: (connection: Connection, wish: Wish<E>) => Promise<Answer<E> & object>,
): [string, Handler] {
  return [name, async (connection, payload) => answer(connection, parse(schema, payload))];
}

function parse<T>(schema: z.ZodType<T>, payload: unknown): T {
  const result = schema.safeParse(payload);
  if (result.success) return result.data;
  throw new ChatRequestInvalid(result.error.issues.slice(0, 5).map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`)).join('; '));
}

/** Answers everything that a connection asks. Nothing that it sends gets further than its answer. @param told.onAnswered hears `ok` or the code of the refusal */
export function answerRequests(connection: Connection, handlers: Handlers, told: { log: Log; onAnswered: (name: string, code: string) => void }): void {
  const { log, onAnswered } = told;
  connection.socket.onAny((name: unknown, ...sent: unknown[]) => {
    const acknowledge = sent.at(-1);
    const reply = (answer: object): void => {
      if (typeof acknowledge === 'function') acknowledge(answer);
    };
    const handler = typeof name === 'string' ? handlers.get(name) : undefined;
    void answerOne(connection, handler, sent[0]).then(
      (answer) => {
        onAnswered(String(name), 'ok');
        reply({ ok: true, ...answer });
      },
      (error: unknown) => {
        const failure = failureOf(error, log);
        onAnswered(String(name), failure.code);
        reply(failure);
      },
    );
  });
}

async function answerOne(connection: Connection, handler: Handler | undefined, payload: unknown): Promise<object> {
  connection.countEvent();
  if (handler === undefined) throw new ChatRequestInvalid('there is no such request');
  return handler(connection, payload);
}

/** What a client is told of an error. */
export function failureOf(error: unknown, log: Log): Failure {
  if (!(error instanceof AppError) || !error.expose) {
    log.error('a chat request failed', { error: messageOf(error), stack: error instanceof Error ? error.stack : undefined });
    return { ok: false, code: 'internal_error', message: 'the server could not do this: try again' };
  }
  const { code, message, detail: { retryAfterSec } } = error;
  return { ok: false, code, message, ...(typeof retryAfterSec === 'number' ? { retryAfterSec } : {}) };
}
