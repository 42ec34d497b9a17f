/**
 * An error with a meaning that a caller, a client or an operator can act on.
 * `code` is stable and travels in problem+json; `expose` decides whether a stranger may read the message.
 */
export class AppError extends Error {
  readonly code: string;
  /** HTTP status, 400–599. */
  readonly status: number;
  readonly expose: boolean;
  /** Extra members of the problem document, such as `retryAfterSec` or `issues`. */
  readonly detail: Record<string, unknown>;

  constructor(
    code: string,
    message: string,
    options: { status?: number; expose?: boolean; detail?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.status = options.status ?? 500;
    this.expose = options.expose ?? this.status < 500;
    this.detail = options.detail ?? {};
  }
}

/** The message of anything that can be thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
