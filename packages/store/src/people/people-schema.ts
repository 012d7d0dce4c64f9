/** The tables of people: who may sign in, what they may do, and what waits for a second person. */
export interface PeopleSchema {
  accounts: AccountTable;
  roles: RoleTable;
  grants: GrantTable;
  account_sessions: AccountSessionTable;
  api_tokens: ApiTokenTable;
  approvals: ApprovalTable;
  answers: AnswerTable;
  identity_providers: IdentityProviderTable;
  sign_in_tokens: SignInTokenTable;
  sign_in_attempts: SignInAttemptTable;
}

export interface AccountTable {
  id: string;
  login: string;
  /** The login in lower case: two that differ in case only would be one person to everybody else. */
  login_key: string;
  display_name: string;
  email: string | null;
  /** `local`, or the id of an identity provider. */
  source: string;
  /** What the provider knows the person by; null for local accounts. */
  subject: string | null;
  state: string;
  /** 1 for an account that is for when nothing else works. */
  break_glass: number;
  created_at: string;
  last_sign_in_at: string | null;
  /** A JSON list of `PROVIDER/GROUP`. */
  groups: string;
  /** A PHC string. */
  password_hash: string | null;
  search: string;
}

export interface RoleTable {
  name: string;
  description: string;
  /** JSON. */
  permissions: string;
  revision: string;
}

export interface GrantTable {
  id: string;
  holder_kind: string;
  holder_id: string;
  role: string;
  /** JSON. */
  scope: string;
  created_at: string;
  created_by: string;
  expires_at: string | null;
}

export interface AccountSessionTable {
  /** Names the session without being good for anything. */
  id: string;
  /** SHA-256 in hex; the secret itself is never stored. */
  token_hash: string;
  account: string;
  method: string;
  address: string;
  created_at_ms: number;
  seen_at_ms: number;
  expires_at_ms: number;
}

export interface ApiTokenTable {
  id: string;
  token_hash: string;
  account: string;
  name: string;
  /** JSON. */
  permissions: string;
  /** JSON. */
  scope: string;
  created_at: string;
  expires_at: string;
  last_used_at: string | null;
  last_used_from: string | null;
}

export interface ApprovalTable {
  id: string;
  state: string;
  endpoint: string;
  permission: string;
  subject_kind: string;
  subject_id: string;
  /** JSON. */
  resources: string;
  sealed_call: string;
  /** JSON. */
  details: string;
  reason: string;
  requested_by: string;
  requested_at: string;
  expires_at: string;
  decided_by: string | null;
  decided_at: string | null;
  comment: string;
  failure: string | null;
}

interface AnswerTable {
  key: string;
  fingerprint: string;
  /** Null while the first call has not ended. */
  status: number | null;
  sealed_body: string | null;
  expires_at_ms: number;
}

export interface IdentityProviderTable {
  id: string;
  name: string;
  issuer: string;
  client_id: string;
  sealed_secret: string | null;
  groups_claim: string;
  /** A JSON list. */
  allowed_groups: string;
  enabled: number;
}

export interface SignInTokenTable {
  /** SHA-256 in hex; the secret itself is never stored. */
  token_hash: string;
  account: string;
  expires_at_ms: number;
}

/** Attempts that count together, and places that logins have been signed in from. */
export interface SignInAttemptTable {
  /** SHA-256 in hex. */
  key: string;
  failures: number;
  open_at_ms: number;
  forget_at_ms: number;
}
