import type { Expected } from "../../canonical/observable.ts";
import { csvFields } from "../../location/csv.ts";

type Named = Readonly<Record<string, string>>;

/** One row of a list as its columns say what it is. */
export type Row =
  | {
      readonly kind: "indicator";
      readonly text: string;
      readonly expected: Expected;
      readonly port?: string | undefined;
      readonly family?: string | undefined;
      readonly confidence?: string | undefined;
      readonly firstSeen?: string | undefined;
    }
  | { readonly kind: "ignored"; readonly reason: string }
  | { readonly kind: "malformed"; readonly reason: string };

/** Columns that tell one list from another. */
const TELLING: ReadonlySet<string> = new Set(["dst_ip", "dstip", "ioc_value", "url", "sha1", "ja3_md5"]);

/** The names of columns, where a line has them: `# id,dateadded,url,…` or `"first_seen_utc","dst_ip",…`. */
export function columnsOf(line: string): readonly string[] | undefined {
  if (!line.includes(",")) return undefined;
  const names = csvFields(line.replace(/^#\s*/u, "")).map((name) => name.toLowerCase());
  return names.every((name) => /^[a-z][\w ]*$/u.test(name)) && names.some((name) => TELLING.has(name))
    ? names
    : undefined;
}

/** What ThreatFox calls its indicators. */
const TYPES: Readonly<Record<string, Expected>> = {
  "ip:port": "address",
  ip: "address",
  domain: "domain",
  url: "url",
  md5_hash: "hash",
  sha1_hash: "hash",
  sha256_hash: "hash",
};

/** Reads one row by the names of its columns. */
export function rowOf(row: Named): Row {
  if (row.ioc_value !== undefined || row.ioc !== undefined) return threatFox(row);
  if (row.url !== undefined) return urlhaus(row);
  if (row.sha1 !== undefined) {
    const family = row.listingreason?.replace(/ C&C$/u, "");
    return { kind: "indicator", text: row.sha1, expected: "hash", family, firstSeen: row.listingdate };
  }
  if (row.ja3_md5 !== undefined) return { kind: "ignored", reason: "a fingerprint of TLS" };
  const text = row.dst_ip ?? row.dstip ?? row.ip_address;
  if (text === undefined) return { kind: "malformed", reason: "expected the columns of a list of abuse.ch" };
  return {
    kind: "indicator",
    text,
    expected: "address",
    port: row.dst_port ?? row.dstport ?? row.port,
    family: row.malware,
    firstSeen: row.first_seen_utc ?? row.firstseen ?? row.first_seen,
  };
}

function threatFox(row: Named): Row {
  const type = row.ioc_type ?? "";
  const expected = TYPES[type];
  if (expected === undefined) return { kind: "ignored", reason: "of a type that is not looked at" };
  return {
    kind: "indicator",
    text: row.ioc_value ?? row.ioc ?? "",
    expected,
    family: row.malware_printable || row.fk_malware || row.malware,
    confidence: isCompromised(row) ? COMPROMISED_CONFIDENCE : row.confidence_level,
    firstSeen: row.first_seen_utc ?? row.first_seen,
  };
}

function urlhaus(row: Named): Row {
  return {
    kind: "indicator",
    text: row.url ?? "",
    expected: "url",
    // The first tag is the family more often than not; `malware_download` says nothing.
    family: row.tags?.split(",")[0] || row.threat,
    firstSeen: row.dateadded ?? row.date_added,
  };
}

/** Somebody else's server, which does its own work besides: a block would hit that as well. */
const COMPROMISED_CONFIDENCE = "40";

function isCompromised({ is_compromised: flag = "" }: Named): boolean {
  return /^(?:1|true|yes)$/iu.test(flag);
}
