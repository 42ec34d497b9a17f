import type { ColumnType, Generated, Kysely } from 'kysely';
import type { Db } from '../../platform/index.js';
import type { Fault } from '../arweave/errors.js';
import type { BundleState } from './bundle-state.js';
import type { BundleKind, Tier } from './plan.js';

/** How far the permanent archive of a broadcast is. */
export type ArchiveState = 'holding' | 'queued' | 'storing' | 'held' | 'vetoed' | 'erased' | 'stored' | 'failed';

/** Drivers give 64 bits as text or number. */
type BigInteger = ColumnType<string | number | bigint, number, number>;
type NullableBigInteger = ColumnType<string | number | bigint | null, number | null, number | null>;
/** Winston; never a float. */
type Amount = ColumnType<string | null, string | null | undefined, string | null>;

/** The tables of the permanent archive, for the `queries.ts` of its folders. */
export type ArchiveTables = {
  archive_settings: { channel_id: string; is_on: boolean; tier: Tier; is_encrypted: boolean; hold_hours: number; with_chat: boolean; turned_on_at: Date | null; turned_on_by: string | null };
  archives: {
    broadcast_id: string;
    channel_id: string;
    slug: string;
    state: ArchiveState;
    reason: Generated<string | null>;
    hold_until: Date;
    tier: Tier;
    is_encrypted: boolean;
    sealed_key: string | null;
    path_manifest_id: Generated<string | null>;
    estimated_winston: Amount;
    due_at: Date;
    created_at: Date;
    updated_at: Date;
  };
  archive_vetoes: { id: string; broadcast_id: string; from_ms: NullableBigInteger; to_ms: NullableBigInteger; reason: string; actor: string; at: Date };
  archive_log: { number: Generated<string>; at: Date; actor: string; broadcast_id: string | null; channel_id: string; action: string; detail: string };
  archive_bundles: {
    id: string;
    broadcast_id: string;
    number: number;
    kind: BundleKind;
    state: BundleState;
    failed_state: Generated<BundleState | null>;
    size_bytes: BigInteger;
    transaction_id: Generated<string | null>;
    transaction_json: Generated<string | null>;
    wallet: Generated<string | null>;
    reward_winston: Amount;
    anchor_height: ColumnType<string | number | bigint | null, number | null | undefined, number | null>;
    signed_at: Generated<Date | null>;
    chunks: Generated<number>;
    next_chunk: Generated<number>;
    posted_to: Generated<string | null>;
    posted_hosts: Generated<string[]>;
    attempts: Generated<number>;
    reposts: Generated<number>;
    fault: Generated<Fault | null>;
    error: Generated<string | null>;
    due_at: Date;
    doubted_at: Generated<Date | null>;
    lease_until: Generated<Date | null>;
    lease_token: Generated<string | null>;
    created_at: Date;
    updated_at: Date;
  };
  archive_items: {
    broadcast_id: string;
    name: string;
    place: number;
    bundle_id: string | null;
    rendition: string | null;
    number: number | null;
    start_us: NullableBigInteger;
    duration_us: NullableBigInteger;
    cid: string;
    size_bytes: BigInteger;
    content: Generated<string | null>;
    is_vetoed: Generated<boolean>;
    item_id: Generated<string | null>;
    sha256: Generated<string | null>;
    stored_at: Generated<Date | null>;
    fetched_from: Generated<string | null>;
  };
};

export function tables(db: Db): Kysely<ArchiveTables> {
  return db.withTables<ArchiveTables>();
}
