import { CID } from 'multiformats/cid';
import type { Component, Db, Log } from '../../platform/index.js';
import { messageOf } from '../../platform/index.js';
import type { BlockStore } from '../blocks/block-store.js';
import type { IpfsConfig } from '../config.js';
import { carOf } from '../gateway/unixfs.js';
import { KuboNode } from './kubo-node.js';
import type { PinKind, PinTarget } from './pin-target.js';
import { PinWorker } from './pin-worker.js';
import { PinningService } from './pinning-service.js';
import { addPins, countUnpinned, hurryPins, listPins, listTold } from './queries.js';
import type { PinView } from './queries.js';

export interface PinsOptions {
  db: Db;
  targets: PinTarget[];
  /** Whether strangers may have a recording; what is gone, they may not. */
  isPublic: (broadcastId: string) => Promise<boolean>;
  /** The CID of a finished recording; undefined when it is no folder. */
  findFolder: (broadcastId: string) => Promise<CID | undefined>;
  /** Every recording that is kept. */
  listRecordings: () => Promise<string[]>;
  blocks: BlockStore;
  log: Log;
  now?: () => Date;
  /** 0 to 1. */
  random?: () => number;
}

/** A target, as pages show it. */
export interface PinNode {
  target: string;
  kind: PinKind;
  isUp: boolean;
  error: string | null;
  /** Recordings that it does not have yet. */
  waiting: number;
}

/** The targets that the configuration names. */
export function pinTargets({ apiUrls, pinningUrl, pinningToken }: IpfsConfig): PinTarget[] {
  const nodes = apiUrls.map((apiUrl) => new KuboNode({ apiUrl }));
  if (pinningUrl === '') return nodes;
  const origins = async (signal: AbortSignal): Promise<string[]> => (await Promise.all(nodes.map((node) => node.addresses(signal)))).flat();
  return [...nodes, new PinningService({ url: pinningUrl, token: pinningToken, origins })];
}

/** Which recordings are pinned where: public and unlisted ones on every target, others nowhere. */
export class Pins implements Component {
  readonly #options: PinsOptions;
  readonly #workers: PinWorker[];
  readonly #now: () => Date;
  #catchingUp: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(options: PinsOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => new Date());
    const { db, isPublic, blocks, log } = options;
    const car = (pin: { cid: string; broadcastId: string }): AsyncIterable<Uint8Array> => carOf(blocks, CID.parse(pin.cid), pin.broadcastId);
    this.#workers = options.targets.map((target) => new PinWorker({ db, target, isPublic, car, log, now: this.#now, random: options.random ?? Math.random }));
  }

  async start(): Promise<void> {
    for (const worker of this.#workers) worker.start();
    this.#catchingUp = this.#catchUp().catch((error: unknown) => this.#options.log.error('older recordings are not pinned', { error: messageOf(error) }));
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all([this.#catchingUp, ...this.#workers.map((worker) => worker.stop())]);
  }

  /** A recording is finished, deleted, or for others to see than before. Again: nothing changes. */
  async refresh(broadcastId: string): Promise<void> {
    if (this.#workers.length === 0) return;
    const { db, targets, isPublic, findFolder } = this.#options;
    const now = this.#now();
    const cid = await isPublic(broadcastId) ? await findFolder(broadcastId) : undefined;
    if (cid !== undefined) await addPins(db, { broadcastId, cid: cid.toString(), targets, now });
    await hurryPins(db, broadcastId, now);
    for (const worker of this.#workers) worker.wake();
  }

  async pinsOf(broadcastId: string): Promise<PinView[]> {
    return listPins(this.#options.db, broadcastId);
  }

  async nodes(): Promise<PinNode[]> {
    const waiting = await countUnpinned(this.#options.db);
    return this.#workers.map(({ target: { name, kind }, problem }) => ({ target: name, kind, isUp: problem === undefined, error: problem ?? null, waiting: waiting.get(name) ?? 0 }));
  }

  /** What a crash or a new target left untold, one after the other. */
  async #catchUp(): Promise<void> {
    const { db, targets, listRecordings } = this.#options;
    if (targets.length === 0) return;
    const told = await listTold(db, targets.map(({ name }) => name));
    for (const id of await listRecordings()) {
      if (this.#isStopped) return;
      if (!told.has(id)) await this.refresh(id);
    }
  }
}
