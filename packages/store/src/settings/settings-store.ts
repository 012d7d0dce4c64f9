import type { Kysely } from "kysely";
import type { ChangeFeed } from "../change-feed.ts";
import type { Schema } from "../schema.ts";
import type { StoreDialect } from "../store-dialect.ts";
import { ChannelRepository } from "./channel-repository.ts";
import { KeyRecordRepository } from "./key-record-repository.ts";
import { LeaseRepository } from "./lease-repository.ts";
import { NoticeRepository } from "./notice-repository.ts";
import { SealedValueRepository } from "./sealed-value-repository.ts";
import { ServerRepository } from "./server-repository.ts";
import { SettingRepository } from "./setting-repository.ts";
import { WatchRepository } from "./watch-repository.ts";

/** What is set up here, the keys of what is sealed, and what is to be told to whom. */
export class SettingsStore {
  readonly keyRecords: KeyRecordRepository;
  readonly sealedValues: SealedValueRepository;
  readonly channels: ChannelRepository;
  readonly documents: SettingRepository;
  readonly notices: NoticeRepository;
  readonly leases: LeaseRepository;
  readonly servers: ServerRepository;
  readonly watch: WatchRepository;

  constructor(
    database: Kysely<Schema>,
    { feed, dialect }: { readonly feed: ChangeFeed; readonly dialect: StoreDialect },
  ) {
    this.keyRecords = new KeyRecordRepository(database);
    this.sealedValues = new SealedValueRepository(database);
    this.channels = new ChannelRepository(database, feed);
    this.documents = new SettingRepository(database, feed);
    this.notices = new NoticeRepository(database);
    this.leases = new LeaseRepository(database, dialect);
    this.servers = new ServerRepository(database);
    this.watch = new WatchRepository(database);
  }
}
