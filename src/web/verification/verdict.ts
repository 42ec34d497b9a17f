import type { Finding, Manifest } from '../../archive/browser.js';
import { fileSize } from '../words/figures.js';
import { clock } from '../words/time.js';
import type { Outcome } from './copies.js';

/** The outcome of a verification in plain words. */
export interface Verdict {
  level: 'ok' | 'warn' | 'error';
  title: string;
  words: string;
  faults: { file: string; words: string }[];
}

export function verdictOf(outcome: Outcome): Verdict {
  if (!outcome.isManifestTrue) return { level: 'error', title: 'False', words: `The manifest itself is not what was signed: ${outcome.message}. Nothing in it counts.`, faults: [] };
  const { manifest, files, sizeBytes, findings } = outcome.verification;
  const seen = `${files} of ${files + findings.length} files, ${fileSize(sizeBytes)}, are what was signed`;
  if (findings.length > 0) return { level: 'error', title: 'False', words: `${seen}. The others are not:`, faults: findings.map((finding) => ({ file: finding.file, words: faultWords(finding, manifest) })) };
  if (!manifest.isFinal) return { level: 'warn', title: 'True as far as it goes', words: `${seen}. The manifest has no end, so more may have been signed than is here.`, faults: [] };
  return { level: 'ok', title: 'True', words: `${seen}: every byte of it.`, faults: [] };
}

function faultWords({ file, kind, message }: Finding, manifest: Manifest): string {
  const place = placeOf(file, manifest);
  if (kind === 'missing') return `is missing${place}`;
  if (kind === 'swapped') return `${message.slice(file.length + 1)}${place}`;
  return `has other bytes than were signed${place}`;
}

/** `, 0:24 to 0:26 of the show`, for what is shown at some time. The broadcast's clock begins before its first picture. */
function placeOf(file: string, { segments }: Manifest): string {
  const segment = segments.find(({ rendition, number }) => file === `${rendition}/${number}.m4s`);
  if (segment === undefined) return '';
  const firstUs = segments.reduce((first, { startUs }) => Math.min(first, startUs), Infinity);
  const startSec = (segment.startUs - firstUs) / 1e6;
  return `, ${clock(startSec)} to ${clock(startSec + segment.durationUs / 1e6)} of the show`;
}
