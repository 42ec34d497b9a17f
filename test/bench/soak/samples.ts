import { readdir, readFile } from 'node:fs/promises';

/** What a running server holds at one moment. */
export interface Sample {
  atMs: number;
  broadcasts: number;
  rssMb: number;
  heapMb: number;
  /** Open file descriptors. */
  handles: number;
  /** Below the media folder. */
  files: number;
  /** Since the sample before, ms. */
  eventLoopP99Ms: number;
}

export async function sample({ pid, origin, mediaFolder }: { pid: number; origin: string; mediaFolder: string }): Promise<Sample> {
  const metrics = await (await fetch(`${origin}/metrics`)).text();
  const read = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)?.[1] ?? NaN);
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const entries = await readdir(mediaFolder, { recursive: true, withFileTypes: true }).catch(() => []);
  return {
    atMs: Math.round(performance.now()),
    broadcasts: read('tidemark_broadcasts'),
    rssMb: Math.round(Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? NaN) * 1024 / 1e6),
    heapMb: Math.round(read('nodejs_heap_size_used_bytes') / 1e6),
    handles: (await readdir(`/proc/${pid}/fd`)).length,
    files: entries.filter((entry) => entry.isFile()).length,
    eventLoopP99Ms: Math.round(read('nodejs_eventloop_lag_p99_seconds') * 1e5) / 100,
  };
}

/** The line through the samples: how much it rises in an hour, and between which values they lie. */
export function trendOf(samples: Sample[], valueOf: (sample: Sample) => number): { perHour: number; min: number; max: number } {
  const points = samples.map((one) => ({ hours: one.atMs / 3_600_000, value: valueOf(one) }));
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  const [meanHours, meanValue] = [mean(points.map(({ hours }) => hours)), mean(points.map(({ value }) => value))];
  const spread = points.reduce((sum, { hours }) => sum + (hours - meanHours) ** 2, 0);
  const slope = points.reduce((sum, { hours, value }) => sum + (hours - meanHours) * (value - meanValue), 0) / (spread || 1);
  const values = points.map(({ value }) => value);
  return { perHour: Math.round(slope * 10) / 10, min: Math.min(...values), max: Math.max(...values) };
}
