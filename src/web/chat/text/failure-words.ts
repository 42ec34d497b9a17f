import type { Failure } from '../../api/chat-contract.js';
import { asSentence } from '../../api/problem.js';

/** Why something was refused, for a person. `leftSec`: how long it is still so. */
export function failureWords({ code, message }: Failure, leftSec = 0): string {
  const until = leftSec > 0 ? waitWords(leftSec) : undefined;
  switch (code) {
    case 'chat_slow_mode': return until === undefined ? 'Slow mode: you can send it now.' : `Slow mode: ${until}`;
    case 'chat_timed_out': return until === undefined ? 'You can write again.' : `You can write again in ${until}.`;
    case 'chat_followers_only': return until === undefined ? 'Only followers can write now.' : `You can write in ${until}: only who follows for some time can.`;
    case 'rate_limited': return until === undefined ? 'You can send it now.' : `That was fast. Wait ${until}.`;
    case 'chat_sign_in_required': return 'Sign in to do this.';
    case 'chat_token_expired': return 'Your session has ended. Sign in again.';
    case 'unreachable': return 'The chat did not answer.';
    default: return asSentence(message);
  }
}

/** `12 s`, `3 min`, `2 h`, `5 days`. */
export function waitWords(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  if (seconds < 5_400) return `${Math.ceil(seconds / 60)} min`;
  return seconds < 129_600 ? `${Math.ceil(seconds / 3_600)} h` : `${Math.ceil(seconds / 86_400)} days`;
}

/** How long one must follow: `10 min`, `2 h`, `7 days`. */
export function minutesWords(minutes: number): string {
  return waitWords(minutes * 60);
}
