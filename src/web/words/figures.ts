/** `640 kbps`, `4.2 Mbps`, `25 Mbps`. */
export function bitrate(kbps: number): string {
  if (Math.round(kbps) < 1000) return `${Math.round(kbps)} kbps`;
  const mbps = kbps / 1000;
  return mbps < 10 ? `${mbps.toFixed(1)} Mbps` : `${Math.round(mbps)} Mbps`;
}

/** Whole frame rates without a fraction, others with two digits: `30`, `29.97`. */
export function frameRate(fps: number): string {
  const rounded = Math.round(fps);
  return Math.abs(fps - rounded) < 0.01 ? String(rounded) : fps.toFixed(2).replace(/0$/, '');
}

/** `2 s`, `1.92 s`, `450 ms`. */
export function seconds(value: number): string {
  if (value < 1) return `${Math.round(value * 1000)} ms`;
  return `${Number(value.toFixed(2))} s`;
}

/** `1 viewer`, `1,204 viewers`. */
export function count(value: number, one: string, many = `${one}s`): string {
  return `${value.toLocaleString('en')} ${value === 1 ? one : many}`;
}

/** What people call a picture of this size: `1080p`, `720p60`; by the shorter side, so portrait works too. */
export function pictureName(width: number, height: number, fps?: number): string {
  const lines = Math.min(width, height);
  return fps !== undefined && Math.round(fps) > 30 ? `${lines}p${Math.round(fps)}` : `${lines}p`;
}

/** `12 kB`, `0.4 MB`, `86 MB`, `4.2 GB`: decimal, as file managers show them. */
export function fileSize(bytes: number): string {
  if (bytes < 50_000) return `${Math.ceil(bytes / 1000)} kB`;
  const mb = bytes / 1e6;
  if (mb < 10) return `${mb.toFixed(1)} MB`;
  return mb < 1000 ? `${Math.round(mb)} MB` : `${(mb / 1000).toFixed(1)} GB`;
}
