import type { Fault } from '../arweave/errors.js';
import type { WalletState } from '../arweave/wallets.js';
import type { PinNode } from '../ipfs/pins.js';
import type { PinView } from '../ipfs/queries.js';
import type { Tier } from '../queue/plan.js';
import type { ArchiveState } from '../queue/tables.js';
import type { FileState } from './file-state.js';

/** What is answered over HTTP. Amounts are winston as decimal text, times ISO 8601. */

export interface SettingsView {
  isOn: boolean;
  tier: Tier;
  isEncrypted: boolean;
  holdHours: number;
  /** What was said is stored too. */
  withChat: boolean;
  turnedOnAt: string | null;
  turnedOnBy: string | null;
  /** Why nothing can be stored now. */
  problem: string | null;
}

export interface SummaryView {
  broadcast: string;
  /** Empty when the recording is gone. */
  title: string;
  startedAt: string;
  state: ArchiveState;
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

export interface FileView {
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

/** Where a recording is pinned on IPFS. */
export interface PinnedView extends Omit<PinView, 'checkedAt'> {
  checkedAt: string | null;
}

/** For everybody who may see the recording; `off` when nothing of it is to be stored. */
export interface ReceiptsView {
  broadcast: string;
  state: ArchiveState | 'off';
  reason: string | null;
  holdUntil: string | null;
  tier: Tier | null;
  isEncrypted: boolean;
  pathManifest: { id: string; urls: string[] } | null;
  spentWinston: string;
  estimatedWinston: string | null;
  files: FileView[];
  pins: PinnedView[];
}

export interface DeadView {
  id: string;
  broadcast: string;
  channel: string;
  step: string;
  fault: Fault;
  error: string;
  attempts: number;
  since: string;
}

/** For owner and moderators. */
export interface ArchiveView extends ReceiptsView {
  deadLetters: DeadView[];
  vetoes: { fromMs: number | null; toMs: number | null; reason: string; by: string; at: string }[];
  log: { at: string; by: string; action: string; detail: string }[];
}

export interface EstimateView {
  tier: Tier;
  sizeBytes: number;
  winston: string;
  gateway: string;
}

export interface GatewayView {
  url: string;
  role: 'post' | 'check';
  isUp: boolean;
  error: string | null;
}

/** For who runs the server. */
export interface AdminView {
  queue: { waiting: number; held: number; dead: number; oldestAt: string | null; storedPerMin: number; bytesWaiting: number };
  wallets: WalletState[];
  gateways: GatewayView[];
  nodes: PinNode[];
  budget: { daySpentWinston: string; dayLimitWinston: string; monthSpentWinston: string; monthLimitWinston: string };
  dryRun: boolean;
  deadLetters: DeadView[];
}
