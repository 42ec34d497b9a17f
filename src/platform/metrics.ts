import type { RequestHandler } from 'express';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';

/** A number that is asked for when somebody looks. */
export interface Measure {
  /** Prometheus name, with the unit at its end. */
  name: string;
  help: string;
  read: () => number;
}

/** `GET /metrics` in the Prometheus text format: the process itself, and these measures. */
export function metricsHandler(measures: Measure[]): RequestHandler {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const { name, help, read } of measures) {
    new Gauge({ name, help, registers: [registry], collect() { this.set(read()); } });
  }
  return async (_request, response) => {
    response.type(registry.contentType).send(await registry.metrics());
  };
}
