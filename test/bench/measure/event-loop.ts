/** How late a Node server's timers were since somebody last asked, ms. */
export interface EventLoopDelay {
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
}

/** Node measures with a timer, and reports its period with the delay. */
const PERIOD_MS = 10;

/** Asks a server with `prom-client`'s default metrics; asking starts the next measurement. */
export async function eventLoopDelayAt(origin: string): Promise<EventLoopDelay> {
  const text = await (await fetch(`${origin}/metrics`)).text();
  const read = (name: string): number => {
    const seconds = Number(new RegExp(`^nodejs_eventloop_lag_${name}_seconds (\\S+)$`, 'm').exec(text)?.[1] ?? NaN);
    return Math.max(0, Math.round((seconds * 1000 - PERIOD_MS) * 100) / 100);
  };
  return { p50Ms: read('p50'), p99Ms: read('p99'), maxMs: read('max') };
}
