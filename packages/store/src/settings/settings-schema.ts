import type { Generated } from "kysely";

/** The tables of what is set up here: keys, channels, settings, and what is to be told to whom. */
export interface SettingsSchema {
  key_records: KeyRecordTable;
  channels: ChannelTable;
  settings: SettingTable;
  notices: NoticeTable;
  told_notices: ToldNoticeTable;
  pending_notifications: PendingNotificationTable;
  leases: LeaseTable;
  servers: ServerTable;
}

export interface KeyRecordTable {
  id: string;
  purpose: string;
  use: string;
  version: number;
  state: string;
  /** Base64: wrapped, and therefore no secret. */
  wrapped: string;
  wrapped_by: string;
  since: string;
}

export interface ChannelTable {
  id: string;
  kind: string;
  name: string;
  /** 0 or 1. */
  enabled: number;
  /** JSON, without the secrets. */
  settings: string;
  /** The secrets as one sealed JSON; null where there are none. */
  sealed_secrets: string | null;
  /** A JSON list of the names of the secrets that are set. */
  secret_names: string;
  revision: string;
  last_delivery_at: string | null;
  last_error: string | null;
}

interface SettingTable {
  name: string;
  /** JSON. */
  value: string;
  revision: string;
}

interface NoticeTable {
  number: Generated<number>;
  /** JSON. */
  value: string;
}

interface ToldNoticeTable {
  key: string;
  at_ms: number;
}

interface PendingNotificationTable {
  id: string;
  /** JSON. */
  value: string;
}

interface LeaseTable {
  name: string;
  holder: string;
  until_ms: number;
}

export interface ServerTable {
  id: string;
  name: string;
  address: string;
  version: string;
  /** ISO 8601, as all times. */
  started_at: string;
  seen_at: string;
  /** 0 or 1. */
  listens_for_agents: number;
}
