import type { Severity } from "@pratique/core";
import { type Kysely, type Selectable, sql, type Transaction } from "kysely";
import type { FindingTable, Schema } from "../schema.ts";
import { severityOf } from "./finding-row.ts";

/** A finding as it was at one moment. */
export interface PastFinding {
  readonly id: string;
  readonly packageName: string;
  readonly packageVersion: string;
  readonly packageType: string;
  readonly severity: Severity;
  readonly status: string;
  readonly fixedVersion?: string;
  readonly knownExploited: boolean;
}

type HeldFinding = Omit<Selectable<FindingTable>, "number">;

const ROWS_AT_ONCE = 500;

/** Since when a finding has been open as it is now, ISO 8601; rows of earlier versions do not say more than the first. */
function openSince({ open_since, first_seen }: Pick<HeldFinding, "open_since" | "first_seen">): string {
  return open_since === "" ? first_seen : open_since;
}

/** Remembers findings that are open no more, or in another way, until when they were. Those suppressed never counted. */
export async function noteEnded(
  transaction: Transaction<Schema>,
  ended: readonly HeldFinding[],
  until: string,
): Promise<void> {
  const rows = ended
    .filter((row) => row.suppressed_by === null && openSince(row) < until)
    .map((row) => ({
      image_id: row.image_id,
      id: row.id,
      package_name: row.package_name,
      package_version: row.package_version,
      package_type: row.package_type,
      severity: row.severity,
      status: row.status,
      fixed_version: row.fixed_version,
      known_exploited: row.known_exploited,
      open_since: openSince(row),
      open_until: until,
    }));
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
    await transaction
      .insertInto("finding_history")
      .values(rows.slice(from, from + ROWS_AT_ONCE))
      .execute();
  }
}

/** What images had in the past. */
export class FindingHistory {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  /** The findings of an image that were open at a moment, ISO 8601 with milliseconds, as they were then. */
  async at(imageId: string, moment: string): Promise<readonly PastFinding[]> {
    const columns = sql`id, package_name, package_version, package_type, severity, status, fixed_version, known_exploited`;
    const { rows } = await sql<HeldFinding>`
      select ${columns} from findings where image_id = ${imageId} and suppressed_by is null
        and case when open_since = '' then first_seen else open_since end <= ${moment}
      union all
      select ${columns} from finding_history
        where image_id = ${imageId} and open_since <= ${moment} and open_until > ${moment}`.execute(
      this.#database,
    );
    return rows.map((row) => ({
      id: row.id,
      packageName: row.package_name,
      packageVersion: row.package_version,
      packageType: row.package_type,
      severity: severityOf(row.severity),
      status: row.status,
      ...(row.fixed_version !== null && { fixedVersion: row.fixed_version }),
      knownExploited: row.known_exploited === 1,
    }));
  }

  /** When the image was first scanned, as far as is known; undefined where it never was. */
  async begins(imageId: string): Promise<string | undefined> {
    const row = await this.#database
      .selectFrom("image_states")
      .select(({ fn }) => fn.min("since").as("since"))
      .where("image_id", "=", imageId)
      .executeTakeFirst();
    return row?.since ?? undefined;
  }
}
