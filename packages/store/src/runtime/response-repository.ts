import type { Visibility } from "@pratique/access";
import { parseJson } from "@pratique/core";
import type { Kysely } from "kysely";
import type { Page } from "../cursor.ts";
import type { Sight } from "../fleet/sight.ts";
import { newestFirst, type PageQuery } from "../newest-first.ts";
import type { Schema } from "../schema.ts";
import type { ResponseTable } from "./runtime-schema.ts";

/** What was done about a container, with the place of its record. */
export interface StoredResponse {
  readonly id: string;
  readonly time: string;
  readonly host: string;
  /** Anything that JSON can hold. */
  readonly document: object;
}

export interface ResponseQuery extends PageQuery {
  readonly seen: Visibility;
  readonly host?: string;
  readonly containerId?: string;
}

/** One detection has few responses; whoever makes up more is not read further. */
const MAX_OF_ONE = 100;

/** What was done about containers, read only: it is written together with the records that tell of it. */
export class ResponseRepository {
  readonly #database: Kysely<Schema>;
  readonly #sight: Sight;

  constructor(database: Kysely<Schema>, sight: Sight) {
    this.#database = database;
    this.#sight = sight;
  }

  /** The responses to a detection of a host, by the host's own id of it, oldest first. */
  async to(host: string, detection: string): Promise<readonly StoredResponse[]> {
    const rows = await this.#database
      .selectFrom("responses")
      .selectAll()
      .where("host", "=", host)
      .where("detection", "=", detection)
      .orderBy("time")
      .orderBy("sequence")
      .limit(MAX_OF_ONE)
      .execute();
    return rows.map(storedResponseOf);
  }

  /** One page, newest first. Throws `CURSOR_MALFORMED`. */
  async list(query: ResponseQuery): Promise<Page<StoredResponse>> {
    const { seen, host, containerId } = query;
    let filtered = this.#database.selectFrom("responses").where(this.#sight.placed(seen, "responses"));
    if (host !== undefined) filtered = filtered.where("host", "=", host);
    if (containerId !== undefined) filtered = filtered.where("container_id", "=", containerId);
    const page = await newestFirst(this.#database, filtered, query);
    return { ...page, items: page.items.map(storedResponseOf) };
  }
}

function storedResponseOf({ id, time, host, document }: ResponseTable): StoredResponse {
  return { id, time, host, document: Object(parseJson(document)) };
}
