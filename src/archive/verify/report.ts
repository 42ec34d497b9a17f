import type { ContentVerification } from './verify-content.js';
import type { Finding, Verification } from './verify-files.js';

const SHOWN = 20;

/** What a verification found, for people. */
export function reportOf({ manifest, files, sizeBytes, findings }: Verification, options: { isKeyGiven: boolean }): string {
  const lines = [
    `broadcast  ${manifest.broadcast} of "${manifest.channel}", from ${new Date(manifest.epochMs).toISOString()}`,
    `signed by  ${manifest.key}${options.isKeyGiven ? '' : '  (compare it with what the channel says elsewhere, or give it as --key)'}`,
    `manifest   ${manifest.head.toString()}, ${manifest.isFinal ? 'complete' : 'not ended: what came after it is not covered'}`,
    `files      ${files} of ${files + findings.length} are as signed, ${(sizeBytes / 1e6).toFixed(1)} MB`,
    ...linesOf(findings),
    verdictOf({ manifest, findings }),
  ];
  return lines.join('\n');
}

/** What came of a CID alone, for people. */
export function contentReportOf({ cid, files, sizeBytes, findings }: ContentVerification): string {
  return [
    `content    ${cid.toString()}`,
    `files      ${files} of ${files + findings.length} are here, ${(sizeBytes / 1e6).toFixed(1)} MB`,
    ...linesOf(findings),
    findings.length > 0 ? 'false: not all of it is to be had as its CID says' : 'true: every byte is what this CID names; who made it is not told, that takes --manifest',
  ].join('\n');
}

function linesOf(findings: Finding[]): string[] {
  return [...findings.slice(0, SHOWN).map(({ message }) => `  ✗ ${printable(message)}`), ...(findings.length > SHOWN ? [`  … and ${findings.length - SHOWN} more`] : [])];
}

/** Names in a folder are whatever its maker wrote, and a terminal does what it is told. */
function printable(text: string): string {
  return text.replace(/\p{C}/gu, '\uFFFD');
}

/** A manifest without an end may have lost its end: what is there is true, and that is all there is to say. */
function verdictOf({ manifest, findings }: Pick<Verification, 'manifest' | 'findings'>): string {
  if (findings.length > 0) return 'false: this is not what was signed';
  return manifest.isFinal ? 'true: every byte is what was signed' : 'true as far as it goes: the manifest has no end, so more may have been signed than is here';
}
