import {
  actOnRegistryLocally,
  deleteRegistry,
  deleteRegistryLocally,
  listRegistries,
  listRegistriesLocally,
  listRegistryImages,
  listRegistryImagesLocally,
  notePushes,
  pauseRegistry,
  putRegistry,
  putRegistryLocally,
  resumeRegistry,
  retryRegistry,
  scanRegistryNow,
  showRegistry,
} from "@pratique/api";
import type { Binder } from "../bind.ts";
import type { Context } from "../context.ts";

/** The registries that are scanned as a whole, and the queue of their images. */
export function bindRegistries(binder: Binder, { registries, pushes }: Context): void {
  binder.bind(listRegistries, async ({ seen }) => await registries.list(seen));
  binder.bind(showRegistry, async ({ params }) => await registries.show(params.registryId));
  binder.bind(
    putRegistry,
    async ({ params, body, revision }) => await registries.put(params.registry, { body, revision }),
  );
  binder.bind(deleteRegistry, async ({ params }) => {
    await registries.remove(params.registry);
    return undefined;
  });
  binder.bind(pauseRegistry, async ({ params }) => await registries.act(params.registryId, "pause"));
  binder.bind(resumeRegistry, async ({ params }) => await registries.act(params.registryId, "resume"));
  binder.bind(scanRegistryNow, async ({ params }) => await registries.act(params.registryId, "scan"));
  binder.bind(retryRegistry, async ({ params, body }) => ({
    images: await registries.retry(params.registryId, body.image),
  }));
  binder.bind(listRegistryImages, async ({ query, seen }) => await registries.images({ ...query, seen }));
  binder.bind(notePushes, async ({ params, query, body, caller, http }) => {
    const { registryId } = params;
    await pushes.note({
      registryId,
      query,
      body,
      address: caller.address,
      headers: http?.request.headers ?? {},
    });
    return undefined;
  });
}

/** The same for whoever operates the server. */
export function bindLocalRegistries(binder: Binder, { registries }: Context): void {
  binder.bind(listRegistriesLocally, async ({ seen }) => await registries.list(seen));
  binder.bind(
    putRegistryLocally,
    async ({ params, body, revision }) => await registries.put(params.registry, { body, revision }),
  );
  binder.bind(deleteRegistryLocally, async ({ params }) => {
    await registries.remove(params.registry);
    return undefined;
  });
  binder.bind(
    actOnRegistryLocally,
    async ({ params }) => await registries.act(params.registryId, params.act),
  );
  binder.bind(
    listRegistryImagesLocally,
    async ({ query, seen }) => await registries.images({ ...query, seen }),
  );
}
