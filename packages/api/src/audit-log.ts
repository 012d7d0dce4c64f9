import { z } from "zod";
import type { Endpoint } from "./endpoint.ts";
import { pageOf, pageQuery } from "./paging.ts";
import { count, instant, name, text } from "./scalars.ts";

/** An entry of the server's log, with what is shown of it. */
const auditEntry = z.strictObject({
  /** Its place in the tree, from 0. */
  index: count,
  /** Base64 of RFC 6962's leaf hash. */
  leafHash: name,
  time: instant,
  class: name,
  action: name,
  actor: z.strictObject({
    id: name,
    kind: name,
    name: name.nullable(),
    method: name,
    address: name.nullable(),
    /** Which of the two the entry commits to and nobody knows any more. */
    erased: z.array(z.enum(["name", "address"])),
  }),
  subject: z.strictObject({ kind: name, id: name }).nullable(),
  stage: z.enum(["intent", "outcome", "fact"]),
  call: name.nullable(),
  decision: z.enum(["allow", "deny", "needs-approval"]).nullable(),
  rule: name.nullable(),
  outcome: name.nullable(),
  data: z.record(z.string(), z.unknown()),
  /** Exactly what was hashed. */
  text,
});

export type AuditEntry = z.output<typeof auditEntry>;

const filters = {
  text: z.string().max(256).exactOptional(),
  class: name.exactOptional(),
  actor: name.exactOptional(),
  subject: name.exactOptional(),
  decision: z.enum(["allow", "deny", "needs-approval"]).exactOptional(),
  from: instant.exactOptional(),
  to: instant.exactOptional(),
};

export const listAuditEntries = {
  id: "listAuditEntries",
  method: "GET",
  path: "/api/v1/audit",
  on: "installation",
  summary: "Searches the audit log, newest first",
  permission: "audit.read",
  audit: "read",
  unrecorded: ["text"],
  query: z.strictObject({ ...pageQuery, ...filters }),
  reply: pageOf(auditEntry),
  csv: [
    "index",
    "time",
    "class",
    "action",
    "actor.id",
    "actor.name",
    "subject.kind",
    "subject.id",
    "decision",
    "outcome",
  ],
} as const satisfies Endpoint;

/**
 * Erases what is behind the commitments of the log. The tree stays as it is. The record tells the account and the
 * reason; it tells no address, which would then be known for ever.
 */
export const eraseAuditOpenings = {
  id: "eraseAuditOpenings",
  method: "POST",
  path: "/api/v1/audit/erasures",
  on: "installation",
  summary:
    "Erases the names and addresses of an account, or an address, from the log; its entries stay and verify",
  permission: "audit.erase",
  audit: "account",
  recorded: ["account", "reason"],
  body: z
    .strictObject({
      /** The id, as entries tell it. */
      account: name.min(1).exactOptional(),
      address: name.min(1).exactOptional(),
      reason: z.string().min(1).max(4096),
    })
    .refine(
      ({ account, address }) => (account === undefined) !== (address === undefined),
      "expected an account or an address, and one of them",
    ),
  /** How many entries lost a name or an address. */
  reply: z.strictObject({ entries: count }),
} as const satisfies Endpoint;

/**
 * The same entries, whole, each with all that is needed to check it without trusting this server: `pratique-audit export` writes
 * such lines, here with a proof (c2sp.org/tlog-proof). Names and addresses that are known come with their salts.
 */
export const exportAuditEntries = {
  id: "exportAuditEntries",
  method: "GET",
  path: "/api/v1/audit/export",
  on: "installation",
  summary: "Gives entries of the audit log, newest first, as JSON lines that prove themselves",
  permission: "audit.read",
  audit: "read",
  unrecorded: ["text"],
  query: z.strictObject(filters),
  content: "application/jsonl",
} as const satisfies Endpoint;

/** All that is needed to check one entry without trusting this server. */
export const showAuditProof = {
  id: "showAuditProof",
  method: "GET",
  path: "/api/v1/audit/{index}/proof",
  on: "installation",
  summary: "Proves that an entry is in the log: a c2sp.org/tlog-proof, and its parts",
  permission: "audit.read",
  audit: "none",
  params: z.strictObject({ index: z.string().regex(/^\d{1,15}$/u) }),
  reply: z.strictObject({
    index: count,
    treeSize: count,
    rootHash: name,
    leafHash: name,
    hashes: z.array(name),
    checkpoint: text,
    proof: text,
    /** The verifier's keys: the log's and its witnesses'. */
    keys: z.array(name),
  }),
} as const satisfies Endpoint;

/** The log lies below `/audit/v1` as c2sp.org/tlog-tiles lays it out: for programs that verify it, not for people. */
export const readAuditCheckpoint = {
  id: "readAuditCheckpoint",
  method: "GET",
  path: "/audit/v1/checkpoint",
  on: "installation",
  summary: "The log's newest checkpoint, as c2sp.org/tlog-tiles has it",
  permission: "audit.read",
  // Tells nothing of what was recorded; and who watches the log must not be what it is full of.
  audit: "none",
  content: "text/plain",
} as const satisfies Endpoint;

const TILE_INDEX = /^(?:x\d{3}\/){0,5}\d{3}(?:\.p\/[1-9]\d{0,2})?$/u;

/** Hashes tell nothing of what was recorded. */
export const readAuditTile = {
  id: "readAuditTile",
  method: "GET",
  path: "/audit/v1/tile/{level}/{+tile}",
  on: "installation",
  summary: "A tile of the log's hashes, as c2sp.org/tlog-tiles has it",
  permission: "audit.read",
  audit: "none",
  params: z.strictObject({
    level: z.string().regex(/^\d{1,2}$/u),
    tile: z.string().regex(TILE_INDEX),
  }),
  content: "application/octet-stream",
} as const satisfies Endpoint;

/**
 * Holds the whole text of entries. Whoever reads many bundles without a pause leaves two records, and not one for
 * each: that they began, and what they had asked for when they ended.
 */
export const readAuditEntries = {
  id: "readAuditEntries",
  method: "GET",
  path: "/audit/v1/tile/entries/{+bundle}",
  on: "installation",
  summary: "A bundle of the log's entries, as c2sp.org/tlog-tiles has it",
  permission: "audit.read",
  audit: "read",
  params: z.strictObject({ bundle: z.string().regex(TILE_INDEX) }),
  content: "application/octet-stream",
} as const satisfies Endpoint;

export const showAuditStatus = {
  id: "showAuditStatus",
  method: "GET",
  path: "/api/v1/audit/status",
  on: "installation",
  summary: "Shows the log's newest checkpoint, its witnesses, and how far exports lag behind",
  permission: "audit.read",
  audit: "none",
  reply: z.strictObject({
    origin: name,
    /** What the server that answers signs with. */
    key: name,
    /** What all servers of the log sign with, or have signed with. */
    keys: z.array(
      z.strictObject({
        key: name,
        /** What the server is called that signs with it. */
        server: name,
        since: instant,
        state: z.enum(["running", "silent", "gone"]),
      }),
    ),
    size: count,
    rootHash: name,
    checkpoint: text,
    checkpointAt: instant.nullable(),
    witnesses: z.array(
      z.strictObject({
        name,
        key: name,
        state: z.enum(["agrees", "behind", "refuses", "silent"]),
        size: count.nullable(),
        seenAt: instant.nullable(),
        detail: text.exactOptional(),
      }),
    ),
    exporters: z.array(
      z.strictObject({
        id: name,
        name,
        exported: count,
        lagEntries: count,
        lagSeconds: z.number().nonnegative(),
        error: text.nullable(),
      }),
    ),
    /** Acts that began and of which no outcome was recorded. */
    unfinished: count,
  }),
} as const satisfies Endpoint;
