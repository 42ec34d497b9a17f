import { readFileSync } from 'node:fs';
import { Problem } from './step.mjs';

/** Refuses a Node older than package.json's `engines`. */
export function checkNodeVersion() {
  const needed = /\d+\.\d+/.exec(JSON.parse(readFileSync('package.json', 'utf8')).engines.node)[0];
  if (isAtLeast(process.versions.node, needed)) return;
  throw new Problem(`Tidemark needs Node ${needed} or newer; this is Node ${process.versions.node}. Get one from https://nodejs.org`);
}

function isAtLeast(version, needed) {
  const [major, minor] = version.split('.').map(Number);
  const [neededMajor, neededMinor] = needed.split('.').map(Number);
  return major > neededMajor || (major === neededMajor && minor >= neededMinor);
}
