import { AppError } from '../../platform/index.js';

/** Who can mend it: the one who set this server up, whoever runs the gateway (or time), the one who writes this program. */
export type Fault = 'operator' | 'remote' | 'bug';

/** Something on the way to Arweave failed. */
export class ArweaveFault extends AppError {
  readonly fault: Fault;
  /** HTTP status that the gateway answered; undefined when no answer came. */
  readonly answerStatus: number | undefined;
  /** How long the gateway wants to be left alone. */
  readonly retryAfterMs: number | undefined;

  constructor(fault: Fault, message: string, options: { answerStatus?: number; retryAfterMs?: number | undefined; cause?: unknown } = {}) {
    super('arweave_fault', message, { status: 502, expose: false, cause: options.cause });
    this.fault = fault;
    this.answerStatus = options.answerStatus;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** What is wrong with a wallet's file. The message has nothing of what is in it. */
export class WalletFileUnusable extends AppError {
  constructor(file: string, reason: string) {
    super('wallet_file_unusable', `the wallet ${file} cannot be used: ${reason}`, { expose: false });
  }
}
