import { createAdapter } from '@socket.io/redis-adapter';
import type { RedisConnection } from '../../platform/index.js';

type Listener = (...heard: unknown[]) => unknown;

/** Joins the rooms of all servers on one Redis. While it is away, each server goes on with its own. */
export function joinThroughRedis({ client, subscriber }: RedisConnection): ReturnType<typeof createAdapter> {
  return createAdapter(unfailing(client), unfailing(subscriber), { key: 'tidemark:chat', publishOnSpecificResponseChannel: true });
}

/**
 * A connection whose commands give nothing when they fail, and whose listeners throw nothing: the adapter waits for
 * neither, and what it leaves unhandled would end the process.
 */
function unfailing<T extends object>(connection: T): T {
  const wrapped = new Map<unknown, Listener>();
  return new Proxy(connection, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...sent: unknown[]) => {
        const [first, listener] = sent;
        const given: unknown = isListening(name) ? Reflect.apply(value, target, [first, quietly(wrapped, listener)]) : Reflect.apply(value, target, sent);
        return given instanceof Promise ? given.catch(() => 0) : given;
      };
    },
  });
}

function isListening(name: string | symbol): boolean {
  return name === 'on' || name === 'off';
}

/** The same one for the same listener, so that it can be taken off again. */
function quietly(wrapped: Map<unknown, Listener>, listener: unknown): unknown {
  if (typeof listener !== 'function') return listener;
  const quiet = wrapped.get(listener) ?? (async function quiet(this: unknown, ...heard: unknown[]) {
    try {
      await Reflect.apply(listener, this, heard);
    } catch {
      // Anything may be written into a Redis that others use too.
    }
  });
  wrapped.set(listener, quiet);
  return quiet;
}
