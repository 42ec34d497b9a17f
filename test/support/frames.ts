import type { AudioConfig, Frame, VideoConfig } from '../../src/streams/index.js';

/** A progressive 8-bit 4:2:0 source; its description holds profile and level and no parameter sets. */
export function videoConfig(change: Partial<VideoConfig> & { profile?: number; level?: number } = {}): VideoConfig {
  const { profile = 100, level = 40, ...fields } = change;
  return {
    kind: 'video',
    codec: 'h264',
    codecString: `avc1.${Buffer.from([profile, 0, level]).toString('hex')}`,
    width: 1920,
    height: 1080,
    sar: { width: 1, height: 1 },
    reorderFrames: 0,
    interlaced: false,
    isBaselineChroma: true,
    description: Buffer.from([1, profile, 0, level, 0xff, 0xe0, 0]),
    ...fields,
  };
}

/** HEVC Main as its record says it: profile, then level in thirtieths. */
export function hevcConfig(change: Partial<VideoConfig> & { profile?: number; level?: number } = {}): VideoConfig {
  const { profile = 1, level = 120, ...fields } = change;
  const description = Buffer.alloc(23);
  description.set([1, profile], 0);
  description.writeUInt8(level, 12);
  return videoConfig({ codec: 'hevc', codecString: `hvc1.${profile}.6.L${level}.90`, description, ...fields });
}

/** AV1 of a profile: 0 is Main. */
export function av1Config(change: Partial<VideoConfig> & { profile?: number } = {}): VideoConfig {
  const { profile = 0, ...fields } = change;
  return videoConfig({ codec: 'av1', codecString: `av01.${profile}.08M.08`, description: Buffer.from([0x81, profile * 32 + 8, 0x0c, 0]), ...fields });
}

export function audioConfig(change: Partial<AudioConfig> = {}): AudioConfig {
  return { kind: 'audio', codec: 'aac', codecString: 'mp4a.40.2', sampleRate: 48_000, channels: 2, frameSamples: 1024, description: Buffer.from('1190', 'hex'), ...change };
}

export interface FrameOptions {
  ptsMs?: number;
  isKey?: boolean;
  sizeBytes?: number;
}

/** A picture of zeros: for what looks at times and sizes only. */
export function videoFrame(dtsMs: number, options: FrameOptions = {}): Frame {
  const { ptsMs = dtsMs, isKey = false, sizeBytes = 100 } = options;
  return frame({ kind: 'video', dtsMs, ptsMs, isKey }, sizeBytes);
}

export function audioFrame(dtsMs: number, options: { sizeBytes?: number } = {}): Frame {
  return frame({ kind: 'audio', dtsMs, ptsMs: dtsMs, isKey: true }, options.sizeBytes ?? 20);
}

function frame(facts: Pick<Frame, 'kind' | 'dtsMs' | 'ptsMs' | 'isKey'>, sizeBytes: number): Frame {
  return { ...facts, payload: Buffer.alloc(sizeBytes) };
}

/** Times of frames at a rate, rounded to milliseconds as RTMP does: from `fromMs`, below `toMs`. */
export function frameTimes(fps: number, fromMs: number, toMs: number): number[] {
  const times: number[] = [];
  for (let i = 0; fromMs + (i * 1000) / fps < toMs; i++) times.push(Math.round(fromMs + (i * 1000) / fps));
  return times;
}
