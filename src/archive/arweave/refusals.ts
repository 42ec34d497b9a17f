import { ArweaveFault } from './errors.js';
import type { Fault } from './errors.js';
import type { GatewayAnswer } from './gateway-request.js';

/** What nodes say of a transaction that they have: they answer 208, or 400 with these words. */
const ALREADY_THERE = /already (?:processed|in the mempool|on the weave)/i;
/** Money. Nodes call a transaction whose wallet cannot pay "failed", and say no more. */
const CANNOT_PAY = /verification failed|balance|funds|tokens|overspend/i;
/** What a node says of a chunk that it will never take; it says other things of itself: that its disk is full, or that it does not know the transaction yet. */
const BAD_CHUNK = /invalid_json|chunk_too_big|data_path_too_big|offset_too_big|data_size_too_big|chunk_proof_ratio_not_attractive|invalid_proof/;
/** A node that will not keep a chunk for good passes it on to others. */
const SEE_OTHER = 303;
const MAX_QUOTED = 200;

/** Why a gateway did not take a transaction; undefined when it did, or has it already. */
export function refusedTransaction(host: string, answer: GatewayAnswer): ArweaveFault | undefined {
  const text = answer.bytes.toString();
  if (isTaken(answer) || (answer.status === 400 && ALREADY_THERE.test(text))) return undefined;
  return refusal(faultOfTransaction(answer.status, text), `${host} does not take the transaction`, answer);
}

/** Why a gateway did not take a chunk; undefined when it did. */
export function refusedChunk(host: string, answer: GatewayAnswer): ArweaveFault | undefined {
  if (isTaken(answer) || answer.status === SEE_OTHER) return undefined;
  const isBad = answer.status === 413 || BAD_CHUNK.test(answer.bytes.toString());
  return refusal(isBad ? 'bug' : faultOfAddress(answer.status), `${host} does not take the chunk`, answer);
}

function isTaken({ status }: GatewayAnswer): boolean {
  return status >= 200 && status < 300;
}

function faultOfTransaction(status: number, text: string): Fault {
  if (/anchor/i.test(text)) return 'remote';
  if (status === 402 || CANNOT_PAY.test(text)) return 'operator';
  return status === 400 || status === 413 ? 'bug' : faultOfAddress(status);
}

/** Who is not let in, or finds nothing to post to, has the address of something else. */
function faultOfAddress(status: number): Fault {
  return [401, 403, 404, 405].includes(status) ? 'operator' : 'remote';
}

function refusal(fault: Fault, what: string, { status, bytes }: GatewayAnswer): ArweaveFault {
  // No database takes a NUL, and no terminal should have the rest.
  const words = bytes.toString().replace(/[\s\p{C}]+/gu, ' ').trim().slice(0, MAX_QUOTED);
  return new ArweaveFault(fault, `${what}: it answered ${status}${words && ` and "${words}"`}`, { answerStatus: status });
}
