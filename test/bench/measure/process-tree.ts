import { readFileSync, readdirSync } from 'node:fs';

/** USER_HZ: the kernel reports CPU time to programs in this unit on every architecture that Node runs on. */
const TICKS_PER_SEC = 100;

interface Stat {
  pid: number;
  /** At most 15 characters. */
  name: string;
  parent: number;
  /** Own CPU time and that of the children that have ended and been waited for, ticks. */
  ticks: number;
}

/**
 * CPU seconds, user and system, that a process and its descendants have taken so far. What ended descendants took is
 * kept by the parent that waited for them.
 */
export function cpuSecOf(root: number): number {
  return treeOf(root).reduce((sum, stat) => sum + stat.ticks, 0) / TICKS_PER_SEC;
}

/** Memory of a process and its descendants, MB of 10^6 bytes: private pages, and a fair share of the shared ones. */
export function pssMbOf(root: number): number {
  return treeOf(root).reduce((sum, stat) => sum + pssKiB(stat.pid), 0) * 1024 / 1e6;
}

/** Bytes that a process and its living descendants have had written to disks so far; memory file systems do not count. */
export function writtenBytesOf(root: number): number {
  return treeOf(root).reduce((sum, { pid }) => sum + Number(/^write_bytes: (\d+)$/m.exec(readOfProcess(pid, 'io'))?.[1] ?? 0), 0);
}

/** CPU seconds that the whole machine has been busy since boot, all cores together. */
export function machineBusySec(): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0]?.split(/\s+/).slice(1).map(Number) ?? [];
  return (user + nice + system + irq + softirq) / TICKS_PER_SEC;
}

/** Children of a process whose names begin so. */
export function childrenOf(parent: number, name: string): number[] {
  return readAll().filter((stat) => stat.parent === parent && stat.name.startsWith(name)).map(({ pid }) => pid);
}

/** Memory in use and open file descriptors of one process. */
export function memoryAndHandlesOf(pid: number): { rssMb: number; handles: number } {
  const rssKiB = Number(/^VmRSS:\s+(\d+) kB$/m.exec(readOfProcess(pid, 'status'))?.[1] ?? NaN);
  return { rssMb: Math.round((rssKiB * 1024) / 1e5) / 10, handles: readdirSync(`/proc/${pid}/fd`).length };
}

function readAll(): Stat[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((pid) => readStat(Number(pid)));
}

function treeOf(root: number): Stat[] {
  const all = readAll();
  const tree = all.filter((stat) => stat.pid === root);
  // Grows while it is walked: children are appended behind their parent.
  for (const member of tree) tree.push(...all.filter((stat) => stat.parent === member.pid));
  return tree;
}

/** proc(5): fields are counted from the one after the name, which may itself hold blanks and brackets. */
function readStat(pid: number): Stat[] {
  const text = readOfProcess(pid, 'stat');
  if (text === '') return [];
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ').map(Number);
  const [utime = 0, stime = 0, cutime = 0, cstime = 0] = fields.slice(11, 15);
  return [{ pid, name: text.slice(text.indexOf('(') + 1, text.lastIndexOf(')')), parent: fields[1] ?? 0, ticks: utime + stime + cutime + cstime }];
}

function pssKiB(pid: number): number {
  return Number(/^Pss:\s+(\d+) kB$/m.exec(readOfProcess(pid, 'smaps_rollup'))?.[1] ?? 0);
}

/** A process may end between being listed and being read: then it has nothing to say. */
function readOfProcess(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
