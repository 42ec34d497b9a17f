import winston from 'winston';

/** What a room needs of a logger; winston's fits. Secrets never go in. */
export interface Log {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
  child(fields: Record<string, unknown>): Log;
}

export interface LogOptions {
  level: 'error' | 'warn' | 'info' | 'debug';
  format: 'text' | 'json';
}

/** Makes the root logger. Text is for people at a terminal, json for collectors. */
export function createLog(options: LogOptions): Log {
  const line = options.format === 'json' ? winston.format.json() : winston.format.printf(textLine);
  return winston.createLogger({
    level: options.level,
    format: winston.format.combine(winston.format.timestamp(), line),
    transports: [new winston.transports.Console({ stderrLevels: ['error'] })],
  });
}

function textLine(info: winston.Logform.TransformableInfo): string {
  const { timestamp, level, message, room, ...fields } = info;
  const where = room === undefined ? '' : ` ${String(room)}:`;
  const rest = Object.entries(fields).map(([key, value]) => ` ${key}=${fieldText(value)}`).join('');
  return `${String(timestamp)} ${level.padEnd(5)}${where} ${String(message)}${rest}`;
}

function fieldText(value: unknown): string {
  if (typeof value === 'string') return /[\s"=]/.test(value) ? JSON.stringify(value) : value;
  if (value instanceof Error) return JSON.stringify(value.message);
  return JSON.stringify(value) ?? String(value);
}
