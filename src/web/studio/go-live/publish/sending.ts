import type { Advice } from '../../../api/contract.js';
import { bitrate } from '../../../words/figures.js';
import type { Lines } from '../capture/devices.js';
import type { Outbound } from './outbound.js';
import { VIDEO_KBPS } from './plan.js';

/** How the sending goes, between two looks at it. */
export interface Sending {
  fps: number;
  kbps: number;
  /** Packets lost of those sent, 0 to 1. */
  lossShare: number;
  width: number | undefined;
  height: number | undefined;
  rttMs: number | undefined;
  limitation: string | undefined;
  targetKbps: number | undefined;
  videoCodec: string | undefined;
}

/** @param before a look about a second or more before `now`. */
export function sendingBetween(before: Outbound, now: Outbound): Sending {
  const sec = Math.max(0.001, (now.atMs - before.atMs) / 1000);
  const packets = Math.max(0, now.packets - before.packets);
  const lost = Math.max(0, now.lost - before.lost);
  const { width, height, rttMs, limitation, targetKbps, videoCodec } = now;
  return {
    fps: Math.max(0, now.frames - before.frames) / sec,
    kbps: (Math.max(0, now.bytes - before.bytes) * 8) / 1000 / sec,
    lossShare: packets === 0 ? 0 : Math.min(1, lost / packets),
    width, height, rttMs, limitation, targetKbps, videoCodec,
  };
}

/** Browsers begin with a coarse picture while they measure the network: until then, less is no fault. */
const SETTLED_AFTER_MS = 8_000;
/** Below this share of the bitrate that was asked for, it shows. A still picture needs little, and that is no fault. */
const MUCH_LESS = 0.6;
const MUCH_LOSS = 0.03;
const LONG_ROUND_TRIP_MS = 300;

/** What a streamer should know about the way to the server, in plain words; never empty. */
export function adviseSender(sending: Sending, { connectedMs, lines }: { connectedMs: number; lines: Lines }): Advice[] {
  if (sending.kbps < 1) return [{ code: 'nothing_sent', level: 'warn', message: 'Nothing is being sent at the moment.' }];
  const advice = [
    ...(connectedMs < SETTLED_AFTER_MS ? [] : limitationAdvice(sending, lines)),
    ...networkAdvice(sending),
  ];
  return advice.length > 0 ? advice : [{ code: 'sending_well', level: 'ok', message: 'Your picture and sound reach the server well.' }];
}

function limitationAdvice({ limitation, targetKbps, kbps }: Sending, lines: Lines): Advice[] {
  const smaller = lines === 720 ? '' : ', or choose 720p';
  const carried = targetKbps ?? kbps;
  if (limitation === 'cpu') {
    return [{ code: 'limited_by_cpu', level: 'warn', message: `This device is too busy to encode every picture, so viewers see it less smooth. Close other programs and tabs${smaller}.` }];
  }
  if (limitation === 'bandwidth' && carried < MUCH_LESS * VIDEO_KBPS[lines]) {
    return [{ code: 'limited_by_bandwidth', level: 'warn', message: `Your connection carries only ${bitrate(carried)}, so viewers get a coarser picture. Stop other uploads or use a cable${smaller}.` }];
  }
  return [];
}

function networkAdvice({ lossShare, rttMs = 0 }: Sending): Advice[] {
  const advice: Advice[] = [];
  if (lossShare >= MUCH_LOSS) {
    advice.push({ code: 'packets_lost', level: 'warn', message: `${Math.round(lossShare * 100)} % of what you send is lost on the way. A cable, or a place nearer to the Wi-Fi, helps.` });
  }
  if (rttMs >= LONG_ROUND_TRIP_MS) {
    advice.push({ code: 'far_away', level: 'info', message: `The way to the server and back takes ${Math.round(rttMs)} ms, so viewers see you a little later.` });
  }
  return advice;
}
