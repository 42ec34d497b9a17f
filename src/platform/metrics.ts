import type { RequestHandler } from 'express';
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';

/** A number that is asked for when somebody looks. */
export interface Measure {
  /** Prometheus name, with the unit at its end. */
  name: string;
  help: string;
  read: () => number;
}

/** Numbers that only grow, one for each value of a label. */
export interface Tally {
  /** Prometheus name; ends with `_total`. */
  name: string;
  help: string;
  label: string;
  read: () => ReadonlyMap<string, number>;
}

/** `GET /metrics` in the Prometheus text format: the process itself, these measures and tallies. */
export function metricsHandler(measures: Measure[], tallies: Tally[] = []): RequestHandler {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const { name, help, read } of measures) {
    new Gauge({ name, help, registers: [registry], collect() { this.set(read()); } });
  }
  for (const { name, help, label, read } of tallies) {
    new Counter({ name, help, labelNames: [label], registers: [registry], collect() {
      this.reset();
      for (const [value, count] of read()) this.inc({ [label]: value }, count);
    } });
  }
  return async (_request, response) => {
    response.type(registry.contentType).send(await registry.metrics());
  };
}
