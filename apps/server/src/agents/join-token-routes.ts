import { randomBytes } from "node:crypto";
import {
  createJoinToken,
  createJoinTokenLocally,
  type JoinToken,
  listJoinTokens,
  revokeJoinToken,
} from "@pratique/api";
import type { StoredJoinToken } from "@pratique/store";
import type { Binder } from "../bind.ts";
import type { Context } from "../context.ts";
import { ServerError } from "../errors.ts";
import { isHostName } from "./agent-certificates.ts";
import type { AgentDesk } from "./agent-desk.ts";
import { formatJoinToken, makeJoinSecret } from "./join-token.ts";

const MINUTE_MS = 60_000;

/** The tokens with which hosts join. */
export function bindJoinTokens(binder: Binder, context: Context): void {
  const { joinTokens } = context.store.fleet;

  binder.bind(listJoinTokens, async () => ({ items: (await joinTokens.list()).map(tokenOf) }));

  binder.bind(createJoinToken, async ({ body, caller }) => await create(context, body, caller.id));

  binder.bind(revokeJoinToken, async ({ params }) => {
    if (await joinTokens.revoke(params.joinToken)) return undefined;
    throw new ServerError("NOT_FOUND", `there is no unused token ${JSON.stringify(params.joinToken)}`);
  });
}

/** The same for whoever sits at the server's own machine. */
export function bindLocalJoinTokens(binder: Binder, context: Context): void {
  binder.bind(createJoinTokenLocally, async ({ body, caller }) => await create(context, body, caller.id));
}

interface Wanted {
  readonly host: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly minutes: number;
}

async function create(context: Context, wanted: Wanted, createdBy: string) {
  const { authority, url } = deskIn(context);
  const { host, labels, minutes } = wanted;
  if (host !== "" && !isHostName(host)) {
    throw new ServerError("REQUEST_MALFORMED", `a host cannot be called ${JSON.stringify(host)}`);
  }
  const secret = makeJoinSecret();
  const token = {
    id: `jt-${randomBytes(6).toString("hex")}`,
    host,
    labels: { ...labels },
    createdBy,
    createdAt: new Date(context.now()).toISOString(),
    expiresAt: new Date(context.now() + minutes * MINUTE_MS).toISOString(),
  };
  await context.store.fleet.joinTokens.create({ ...token, secret });
  const text = formatJoinToken(secret, authority.fingerprint);
  return {
    token: { ...token, usedAt: null, usedBy: null },
    secret: text,
    command: `sudo pratique agent join ${url()} --token ${text}`,
  };
}

function deskIn({ agents }: Context): AgentDesk {
  const desk = agents();
  if (desk === undefined) {
    throw new ServerError("CONFLICT", "no agents are listened for: start the server with --listen-agents");
  }
  return desk;
}

function tokenOf({ labels, ...token }: StoredJoinToken): JoinToken {
  return { ...token, labels: { ...labels } };
}
