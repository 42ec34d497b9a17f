import type { ChatMessage } from '../events.js';
import type { Messages } from './messages.js';

const LINES_TOGETHER = 500;
const END = new Date(8.64e15);

/** What was said during a show, a page at a time: a day's chat has more lines than memory should hold. Undefined when nothing was. */
export async function transcript(messages: Pick<Messages, 'replay'>, broadcastId: string): Promise<AsyncIterable<string> | undefined> {
  const page = (from: Date): ReturnType<Messages['replay']> => messages.replay(broadcastId, { from, to: END, limit: LINES_TOGETHER });
  const first = await page(new Date(0));
  return first.messages.length === 0 ? undefined : pages(first, page);
}

async function* pages(first: Awaited<ReturnType<Messages['replay']>>, next: (from: Date) => ReturnType<Messages['replay']>): AsyncGenerator<string> {
  for (let page = first; ; page = await next(new Date(page.next))) {
    yield page.messages.map(lineOf).join('');
    if (page.next === undefined) return;
  }
}

/** A copy that nobody can take back has the name that stood beside a message, and nothing else of who wrote it. */
function lineOf({ id, streamAt, author, text, isAction, replyTo, reactions }: ChatMessage): string {
  const line = {
    id,
    at: streamAt,
    from: author.username,
    role: author.role,
    ...(author.isBot ? { isBot: true } : {}),
    text,
    ...(isAction ? { isAction } : {}),
    ...(replyTo === undefined ? {} : { replyTo: { id: replyTo.id, from: replyTo.username } }),
    ...(reactions === undefined ? {} : { reactions }),
  };
  return `${JSON.stringify(line)}\n`;
}
