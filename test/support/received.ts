/// <reference lib="dom" />
import type { Page } from 'playwright-core';
import { until } from './until.js';

/** What a page's latest connection receives. */
export interface Received {
  /** Such as `video/VP8`. */
  codec: string | undefined;
  height: number;
  framesDecoded: number;
}

/** To be called before the page loads: lets {@link readReceived} find its connections. */
export async function keepConnections(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const connections: RTCPeerConnection[] = [];
    Object.assign(globalThis, { connections });
    const Plain = RTCPeerConnection;
    globalThis.RTCPeerConnection = class extends Plain {
      constructor(configuration?: RTCConfiguration) {
        super(configuration);
        connections.push(this);
      }
    };
  });
}

export async function readReceived(page: Page): Promise<Received> {
  return page.evaluate(async () => {
    const kept: unknown = Reflect.get(globalThis, 'connections');
    const last: unknown = Array.isArray(kept) ? kept.at(-1) : undefined;
    const entries: (RTCStats & { kind?: string; codecId?: string; mimeType?: string; frameHeight?: number; framesDecoded?: number })[] = [];
    if (last instanceof RTCPeerConnection) (await last.getStats()).forEach((entry) => entries.push(entry));
    const video = entries.find(({ type, kind }) => type === 'inbound-rtp' && kind === 'video');
    return {
      codec: entries.find(({ id }) => id === video?.codecId)?.mimeType,
      height: video?.frameHeight ?? 0,
      framesDecoded: video?.framesDecoded ?? 0,
    };
  });
}

/** Waits until a page receives what is asked for. */
export async function untilReceived(page: Page, what: string, isSo: (now: Received) => boolean, deadlineMs = 20_000): Promise<Received> {
  let last: Received | undefined;
  try {
    return await until(what, async () => {
      last = await readReceived(page);
      return isSo(last) ? last : undefined;
    }, deadlineMs);
  } catch (cause) {
    throw new Error(`${what}: ${JSON.stringify(last)}`, { cause });
  }
}
