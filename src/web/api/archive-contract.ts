/** What the server answers about the permanent archive, word for word. Amounts are winston (10⁻¹² AR) as decimal text. */

/** What of a show is stored: its signed manifest alone, that with the sound and a small picture, or every rendition. */
export type Tier = 'manifest' | 'audio+360p' | 'all';

export interface ArchiveSettings {
  isOn: boolean;
  tier: Tier;
  isEncrypted: boolean;
  /** How long a show waits, and may be vetoed, before anything of it is sent. */
  holdHours: number;
  /** What was said is stored too. */
  withChat: boolean;
  turnedOnAt: string | null;
  turnedOnBy: string | null;
  /** Why nothing can be stored now. */
  problem: string | null;
}

/** `confirm` is the channel's name, without which no more is stored than before, for no more eyes, and no sooner. */
export interface ArchiveSettingsChange {
  isOn?: boolean;
  tier?: Tier;
  isEncrypted?: boolean;
  holdHours?: number;
  withChat?: boolean;
  confirm?: string;
}

export type ArchiveState = 'off' | 'holding' | 'queued' | 'storing' | 'held' | 'vetoed' | 'erased' | 'stored' | 'failed';

export interface ArchiveSummary {
  broadcast: string;
  /** Empty when the recording is gone. */
  title: string;
  startedAt: string;
  state: Exclude<ArchiveState, 'off'>;
  reason: string | null;
  holdUntil: string;
  tier: Tier;
  isEncrypted: boolean;
  files: number;
  filesStored: number;
  sizeBytes: number;
  spentWinston: string;
  deadLetters: number;
}

/** `stored`: fetched back from another gateway than it was sent to, and hashed again. `too-long`: it is left out. */
export type FileState = 'planned' | 'held' | 'posting' | 'posted' | 'confirmed' | 'stored' | 'failed' | 'vetoed' | 'too-long';

export interface ArchivedFile {
  name: string;
  rendition: string | null;
  /** Of a segment, as its times on the broadcast's clock. */
  number: number | null;
  startUs: number | null;
  durationUs: number | null;
  cid: string;
  sizeBytes: number;
  state: FileState;
  arweave: { item: string; transaction: string; url: string } | null;
  receipt: { storedAt: string; fetchedFrom: string } | null;
}

export interface Pin {
  target: string;
  kind: 'kubo' | 'pinning-service';
  cid: string;
  state: 'waiting' | 'pinning' | 'pinned' | 'failed';
  checkedAt: string | null;
  error: string | null;
}

export interface Receipts {
  broadcast: string;
  state: ArchiveState;
  reason: string | null;
  holdUntil: string | null;
  tier: Tier | null;
  isEncrypted: boolean;
  /** Where the whole show plays from Arweave alone. */
  pathManifest: { id: string; urls: string[] } | null;
  spentWinston: string;
  estimatedWinston: string | null;
  files: ArchivedFile[];
  pins: Pin[];
}

/** `operator`: who runs the server can put it right; `remote`: somebody else's server failed; `bug`: ours. */
export type Fault = 'operator' | 'remote' | 'bug';

/** What is not tried again until somebody says so. */
export interface DeadLetter {
  id: string;
  broadcast: string;
  channel: string;
  step: string;
  fault: Fault;
  error: string;
  attempts: number;
  since: string;
}

/** A stretch of the broadcast's clock; null is its beginning, or its end. */
export interface Veto {
  fromMs: number | null;
  toMs: number | null;
  reason: string;
  by: string;
  at: string;
}

export interface LogEntry {
  at: string;
  by: string;
  action: string;
  detail: string;
}

export interface ArchiveDetails extends Receipts {
  deadLetters: DeadLetter[];
  vetoes: Veto[];
  log: LogEntry[];
}

export interface Estimate {
  tier: Tier;
  sizeBytes: number;
  winston: string;
  gateway: string;
}

export interface WalletState {
  address: string;
  /** null while no gateway could be asked. */
  balanceWinston: string | null;
  state: 'ok' | 'low' | 'empty' | 'quarantined' | 'unusable';
  reason: string | null;
  since: string | null;
}

/** A server that the archive depends on, and whether it answers. */
export interface GatewayState {
  url: string;
  role: 'post' | 'check';
  isUp: boolean;
  error: string | null;
}

export interface NodeState {
  target: string;
  kind: 'kubo' | 'pinning-service';
  isUp: boolean;
  error: string | null;
  waiting: number;
}

export interface Budget {
  daySpentWinston: string;
  dayLimitWinston: string;
  monthSpentWinston: string;
  monthLimitWinston: string;
}

export interface Queue {
  waiting: number;
  held: number;
  dead: number;
  oldestAt: string | null;
  storedPerMin: number;
  bytesWaiting: number;
}

export interface AdminArchive {
  queue: Queue;
  wallets: WalletState[];
  gateways: GatewayState[];
  nodes: NodeState[];
  budget: Budget;
  /** Everything is prepared and priced, and nothing sent. */
  dryRun: boolean;
  deadLetters: DeadLetter[];
}
