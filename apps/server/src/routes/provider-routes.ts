import { deleteProvider, type IdentityProvider, listProviders, putProvider } from "@pratique/api";
import { messageOf } from "@pratique/core";
import type { StoredProvider } from "@pratique/store";
import type { Binder } from "../bind.ts";
import type { Context } from "../context.ts";
import { ServerError } from "../errors.ts";
import { sealProviderSecret } from "../people/provider-secret.ts";

/** Accounts of people here are `local`: no provider may call itself that. */
const RESERVED = "local";

/** The identity providers. */
export function bindProviders(binder: Binder, { store, sealer, oidc }: Context): void {
  const { providers } = store.people;

  binder.bind(listProviders, async () => ({ items: (await providers.list()).map(entryOf) }));

  binder.bind(putProvider, async ({ params, body }) => {
    const { clientSecret, ...settings } = body;
    if (params.provider === RESERVED) {
      throw new ServerError("SETTINGS_INVALID", `the name ${JSON.stringify(RESERVED)} is taken`);
    }
    const before = await providers.find(params.provider);
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
    const provider: StoredProvider = { id: params.provider, ...settings, sealedSecret };
    await providers.put(provider);
    return entryOf(provider);
  });

  binder.bind(deleteProvider, async ({ params }) => {
    if (!(await providers.remove(params.provider))) {
      throw new ServerError("NOT_FOUND", `there is no provider ${JSON.stringify(params.provider)}`);
    }
    return undefined;
  });
}

function entryOf({ sealedSecret, allowedGroups, ...provider }: StoredProvider): IdentityProvider {
  return { ...provider, allowedGroups: [...allowedGroups], secretIsSet: sealedSecret !== null };
}
