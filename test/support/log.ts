import type { Log } from '../../src/platform/index.js';

export interface LogLine {
  level: 'debug' | 'info' | 'warn' | 'error';
  message: string;
  fields: Record<string, unknown>;
}

/** A log that keeps its lines, those of its children included, and prints nothing. */
export function recordingLog(lines: LogLine[] = [], context: Record<string, unknown> = {}): Log & { lines: LogLine[] } {
  const record = (level: LogLine['level']) => (message: string, fields: Record<string, unknown> = {}): void => {
    lines.push({ level, message, fields: { ...context, ...fields } });
  };
  return {
    lines,
    debug: record('debug'),
    info: record('info'),
    warn: record('warn'),
    error: record('error'),
    child: (fields) => recordingLog(lines, { ...context, ...fields }),
  };
}
