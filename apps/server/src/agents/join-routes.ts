import { type IssuedCertificate, joinHost, renewCertificate } from "@pratique/api";
import type { IssuedIdentity } from "@pratique/store";
import type { Binder } from "../bind.ts";
import type { Context } from "../context.ts";
import { ServerError } from "../errors.ts";
import type { AgentAuthority, Issued } from "./agent-authority.ts";
import { isHostName } from "./agent-certificates.ts";
import type { HostRegister } from "./host-register.ts";

export interface JoinRouteOptions {
  readonly authority: AgentAuthority;
  readonly register: HostRegister;
  /** The serial number of the certificate that a call was made with. */
  readonly serialOf: (call: object) => string | undefined;
}

/** How hosts get their certificates. */
export function bindJoining(
  binder: Binder,
  { store, now }: Pick<Context, "store" | "now">,
  { authority, register, serialOf }: JoinRouteOptions,
): void {
  const { identities, joinTokens } = store.fleet;

  binder.bind(joinHost, async ({ body }) => {
    const { host, csr, secret } = body;
    if (!isHostName(host)) {
      throw new ServerError("REQUEST_MALFORMED", `a host cannot be called ${JSON.stringify(host)}`);
    }
    // Before the token is taken: a request that is refused must not use it up.
    const issued = await authority.certifyHost(host, csr);
    const token = await joinTokens.take(secretIn(secret), { host, now: new Date(now()).toISOString() });
    if (token === undefined) {
      throw new ServerError("JOIN_REFUSED", "the token is unknown, used, expired, or for another host");
    }
    const identity: IssuedIdentity = {
      host,
      serial: issued.serial,
      previousSerial: null,
      joinedAt: new Date(issued.issuedAt).toISOString(),
      expiresAt: new Date(issued.expiresAt).toISOString(),
      labels: token.labels,
    };
    // Whoever holds a token for any host must not become one that is there, or that joins at this moment.
    const free = token.host === "" ? { ifFreeAt: new Date(now()).toISOString() } : {};
    if (!(await identities.put(identity, free))) {
      throw new ServerError(
        "JOIN_REFUSED",
        `there is a host ${JSON.stringify(host)}: take a token that names it`,
      );
    }
    await register.read(host);
    return replyOf(host, issued);
  });

  binder.bind(renewCertificate, async ({ body, caller, http }) => {
    const { host } = caller;
    const from = http === undefined ? undefined : serialOf(http.request.raw.socket);
    if (host === undefined || from === undefined) {
      throw new ServerError("CONFLICT", "the agent of this machine needs no certificate");
    }
    const issued = await authority.certifyHost(host, body.csr);
    const expiresAt = new Date(issued.expiresAt).toISOString();
    if (!(await identities.renew({ host, from, serial: issued.serial, expiresAt }))) {
      throw new ServerError("CONFLICT", "the certificate has been followed by another, or was revoked");
    }
    await register.read(host);
    return replyOf(host, issued);
  });
}

/** People may send the whole text that they were given. */
function secretIn(text: string): string {
  return /^prqj_(?<secret>[A-Za-z0-9_-]{43})_[A-Za-z0-9_-]{43}$/u.exec(text)?.groups?.secret ?? text;
}

function replyOf(host: string, issued: Issued): IssuedCertificate {
  const { certificate, authorities, expiresAt, renewAt } = issued;
  return {
    host,
    certificate,
    authorities,
    expiresAt: new Date(expiresAt).toISOString(),
    renewAt: new Date(renewAt).toISOString(),
  };
}
