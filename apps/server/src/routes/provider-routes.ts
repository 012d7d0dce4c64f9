import { missingToGrant } from "@pratique/access";
import { deleteProvider, type IdentityProvider, listProviders, putProvider } from "@pratique/api";
import { messageOf } from "@pratique/core";
import type { PeopleStore, StoredProvider } from "@pratique/store";
import type { Binder } from "../bind.ts";
import type { Caller } from "../calls/caller.ts";
import { missing, refuseStale, type SetUp, stale } from "../calls/stale.ts";
import type { Context } from "../context.ts";
import { ServerError } from "../errors.ts";
import { rolesIn } from "../people/directory.ts";
import { sealProviderSecret } from "../people/provider-secret.ts";
import { keepingAWayIn } from "../people/way-in.ts";

/** Accounts of people here are `local`: no provider may call itself that. */
const RESERVED = "local";

/** The identity providers. */
export function bindProviders(binder: Binder, { store, sealer, oidc }: Context): void {
  const { people } = store;
  const { providers } = people;

  binder.bind(listProviders, async () => ({ items: (await providers.list()).map(entryOf) }));

  binder.bind(putProvider, async ({ params, body, caller, revision }) => {
    const { clientSecret, ...settings } = body;
    if (params.provider === RESERVED) {
      throw new ServerError("SETTINGS_INVALID", `the name ${JSON.stringify(RESERVED)} is taken`);
    }
    await refuseMoreThanHeld(people, params.provider, caller);
    const named = providerNamed(params.provider);
    const before = await providers.find(params.provider);
    refuseStale(named, { before, revision });
    if (before !== undefined && before.issuer !== body.issuer && clientSecret === undefined) {
      // Whoever may change the address must not have the secret sent there.
      throw new ServerError("SETTINGS_INVALID", "another issuer needs the secret again");
    }
    try {
      await oidc.checkIssuer(body.issuer);
    } catch (thrown) {
      throw new ServerError("SETTINGS_INVALID", messageOf(thrown), { cause: thrown });
    }
    const sealedSecret =
      clientSecret === undefined
        ? (before?.sealedSecret ?? null)
        : await sealProviderSecret(sealer, params.provider, clientSecret);
    await keepingAWayIn(people, async (inside) => {
      const provider = { id: params.provider, ...settings, sealedSecret };
      if (!(await inside.providers.put(provider, revision))) throw stale(named, revision);
    });
    const stored = await providers.find(params.provider);
    if (stored === undefined) throw missing(named);
    return entryOf(stored);
  });

  binder.bind(deleteProvider, async ({ params }) => {
    await keepingAWayIn(people, async (inside) => {
      if (!(await inside.providers.remove(params.provider))) throw missing(providerNamed(params.provider));
    });
    return undefined;
  });
}

function providerNamed(id: string): SetUp {
  return { kind: "provider", parameter: "provider", id };
}

/**
 * A provider says who is in its groups. Whoever says which provider that is, and by which claim, could put themselves
 * into any of them, and so needs to hold what those groups hold.
 */
async function refuseMoreThanHeld(people: PeopleStore, provider: string, caller: Caller): Promise<void> {
  const roleOf = await rolesIn(people);
  for (const { holder, role: name, scope, expiresAt: until } of await people.grants.all()) {
    const role = roleOf(name);
    if (holder.kind !== "group" || !holder.id.startsWith(`${provider}/`) || role === undefined) continue;
    const [missing] = missingToGrant(caller.principal, role, { scope, until });
    if (missing !== undefined) {
      throw new ServerError("MORE_THAN_HELD", `the provider's groups hold what you do not: ${missing}`);
    }
  }
}

function entryOf({ sealedSecret, allowedGroups, ...provider }: StoredProvider): IdentityProvider {
  return { ...provider, allowedGroups: [...allowedGroups], secretIsSet: sealedSecret !== null };
}
