import { builtInRoles } from "@pratique/access";
import type { Store } from "@pratique/store";
import type { Authenticate } from "./bind.ts";
import { type Caller, nobodyAt } from "./calls/caller.ts";
import { ServerError } from "./errors.ts";
import { refuseForeignOrigin } from "./guard.ts";
import { SESSION_COOKIE } from "./session-cookie.ts";

/** Says who calls by the session of the cookie. */
export function authenticateBySession(store: Store, now: () => number): Authenticate {
  return async (endpoint, request) => {
    refuseForeignOrigin(endpoint, request);
    if (endpoint.permission === "public") return nobodyAt(request.ip);
    const token = request.cookies[SESSION_COOKIE];
    const granted = token === undefined ? undefined : await store.sessions.findSession(token, now());
    if (granted === undefined) throw new ServerError("NOT_SIGNED_IN", "nobody is signed in");
    return accountCaller(granted.account, request.ip);
  };
}

function accountCaller(account: string, address: string): Caller {
  const holdings = builtInRoles
    .filter(({ name }) => name === "administrator")
    .map((role) => ({ role, scope: {} }));
  return {
    kind: "account",
    id: account,
    name: account,
    method: "link",
    session: "",
    address,
    principal: { account, holdings },
  };
}
