/** The classes of OCSF that entries are given in. */
export type OcsfKind = "account" | "api" | "authentication" | "compliance" | "detection" | "entity";

/** What was done, in the numbers of a class. */
export interface OcsfActivity {
  readonly id: number;
  readonly name: string;
}

const OTHER: OcsfActivity = { id: 99, name: "Other" };
const create: OcsfActivity = { id: 1, name: "Create" };
const read: OcsfActivity = { id: 2, name: "Read" };
const update: OcsfActivity = { id: 3, name: "Update" };
const remove: OcsfActivity = { id: 4, name: "Delete" };

/** By the verb of an action: the end of `policy.changed`, the beginning of `putPolicy`. */
const crud: Readonly<Record<string, OcsfActivity>> = {
  create: create,
  list: read,
  show: read,
  put: update,
  set: update,
  update: update,
  approve: update,
  reject: update,
  delete: remove,
  revoke: remove,
  withdraw: remove,
  created: create,
  added: create,
  joined: create,
  requested: create,
  read,
  viewed: read,
  listed: read,
  exported: read,
  searched: read,
  verified: read,
  changed: update,
  updated: update,
  replaced: update,
  approved: update,
  rotated: update,
  deleted: remove,
  removed: remove,
  revoked: remove,
  erased: remove,
};

const finding: Readonly<Record<string, OcsfActivity>> = {
  found: create,
  created: create,
  changed: { id: 2, name: "Update" },
  updated: { id: 2, name: "Update" },
  closed: { id: 3, name: "Close" },
  resolved: { id: 3, name: "Close" },
};

const tables: Readonly<Record<OcsfKind, Readonly<Record<string, OcsfActivity>>>> = {
  account: {
    created: create,
    createAccount: create,
    createGrant: { id: 7, name: "Attach Policy" },
    deleteGrant: { id: 8, name: "Detach Policy" },
    setPassword: { id: 3, name: "Password Change" },
    enabled: { id: 2, name: "Enable" },
    "password-changed": { id: 3, name: "Password Change" },
    "password-reset": { id: 4, name: "Password Reset" },
    disabled: { id: 5, name: "Disable" },
    deleted: { id: 6, name: "Delete" },
    granted: { id: 7, name: "Attach Policy" },
    revoked: { id: 8, name: "Detach Policy" },
    locked: { id: 9, name: "Lock" },
    unlocked: { id: 12, name: "Unlock" },
  },
  api: crud,
  authentication: {
    signIn: { id: 1, name: "Logon" },
    signInWithPassword: { id: 1, name: "Logon" },
    finishOidc: { id: 1, name: "Logon" },
    signOut: { id: 2, name: "Logoff" },
    "signed-in": { id: 1, name: "Logon" },
    failed: { id: 1, name: "Logon" },
    denied: { id: 1, name: "Logon" },
    succeeded: { id: 1, name: "Logon" },
    "signed-out": { id: 2, name: "Logoff" },
    ended: { id: 2, name: "Logoff" },
  },
  compliance: finding,
  detection: finding,
  entity: {
    ...crud,
    enabled: { id: 8, name: "Enable" },
    disabled: { id: 9, name: "Disable" },
  },
};

/** The activity of an action in a class; `Other` for a verb that the class has no number for. */
export function activityOf(kind: OcsfKind, action: string): OcsfActivity {
  const table = tables[kind];
  const verb = action.includes(".")
    ? action.slice(action.lastIndexOf(".") + 1)
    : /^[a-z]*/u.exec(action)?.[0];
  const name = [action, verb ?? ""].find((each) => Object.hasOwn(table, each));
  return name === undefined ? OTHER : (table[name] ?? OTHER);
}
