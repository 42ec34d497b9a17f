import { createServer } from 'node:http';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { Test } from 'tap';
import { z } from 'zod';
import { until } from './until.js';

/** What a receiver was sent. */
export interface ReceivedHook {
  headers: IncomingHttpHeaders;
  text: string;
  body: z.infer<typeof hookBody>;
}

const hookBody = z.object({ id: z.uuid(), event: z.string(), channel: z.string(), at: z.iso.datetime(), data: z.record(z.string(), z.unknown()) });

/** An HTTP server on loopback that is told of events. `answer` is what it does with a request that it has read. */
export async function openReceiver(t: Test, answer: (response: ServerResponse, received: ReceivedHook) => void = (response) => response.writeHead(204).end()) {
  const received: ReceivedHook[] = [];
  const receiver = { answer, received };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      const hook = { headers: request.headers, text, body: hookBody.parse(JSON.parse(text)) };
      received.push(hook);
      receiver.answer(response, hook);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  }));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return Object.assign(receiver, {
    port: address.port,
    url: `http://127.0.0.1:${address.port}/hook`,
    /** Waits for so many. */
    heard: (count: number): Promise<ReceivedHook[]> => until(`${count} requests`, () => (received.length >= count ? received : undefined)),
  });
}
