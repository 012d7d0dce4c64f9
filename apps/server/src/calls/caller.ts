import type { Principal } from "@pratique/core";

/** How a caller showed who they are. */
export type SignInMethod = "password" | "oidc" | "link" | "token" | "mtls" | "socket" | "none";

/** Who makes a call, as it stands in the record. */
export interface Caller {
  readonly kind: "account" | "token" | "agent" | "operator" | "nobody";
  /** The account's id; `host:NAME` for an agent; `operator` on the server's own socket. */
  readonly id: string;
  /** What people know them by. */
  readonly name: string;
  readonly method: SignInMethod;
  /** Names the session or the token without being good for anything; empty where there is none. */
  readonly session: string;
  /** Where the call comes from; empty on a socket. */
  readonly address: string;
  readonly principal: Principal;
  /** The host that an agent speaks for; absent on the socket, where it says itself which. */
  readonly host?: string;
}

/** Somebody who has not shown who they are. */
export function nobodyAt(address: string): Caller {
  return {
    kind: "nobody",
    id: "",
    name: "",
    method: "none",
    session: "",
    address,
    principal: { account: "", holdings: [] },
  };
}
