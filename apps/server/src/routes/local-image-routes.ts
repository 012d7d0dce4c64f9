import type { Visibility } from "@pratique/access";
import {
  listImageExceptionsLocally,
  listImageFindingsLocally,
  listImagesLocally,
  showImageLocally,
} from "@pratique/api";
import { type Digest, type Principal, permissions, type Role } from "@pratique/core";
import { applicableExceptions } from "@pratique/policy";
import type { StoredException } from "@pratique/store";
import type { Binder } from "../bind.ts";
import type { Caller } from "../calls/caller.ts";
import type { Context } from "../context.ts";
import { entryOf } from "./exception-routes.ts";
import { findingsIn, imageIn, imagesIn } from "./image-routes.ts";

const everything: Visibility = [[{}]];
const reader: Role = {
  name: "operator",
  description: "Whoever operates the server sees all that it has.",
  builtIn: true,
  permissions: Object.fromEntries(permissions.map((permission) => [permission, "allow"])),
};
const principal: Principal = { account: "operator", holdings: [{ role: reader, scope: {} }] };

/** One image as the console shows it, for the server's own machine: nothing of it is hidden. */
export function bindLocalImages(binder: Binder, context: Context): void {
  const seeingAll = (caller: Caller): Caller => ({ ...caller, principal });

  binder.bind(listImagesLocally, async ({ query }) => imagesIn(context, { ...query, seen: everything }));
  binder.bind(showImageLocally, async ({ params, caller }) => {
    return await imageIn(context, params.imageId, seeingAll(caller));
  });
  binder.bind(listImageFindingsLocally, async ({ params, query, caller }) => {
    return await findingsIn(context, { ...query, imageId: params.imageId }, seeingAll(caller));
  });
  binder.bind(listImageExceptionsLocally, async ({ params, caller }) => {
    const detail = await imageIn(context, params.imageId, seeingAll(caller));
    const now = context.now();
    const inForce = await exceptionsFor(context, detail);
    return { items: inForce.map((exception) => entryOf(exception, now)) };
  });
}

interface Held {
  readonly image: { readonly imageId: Digest; readonly reference: string; readonly digest?: Digest };
  readonly hosts: readonly string[];
}

/** Those that hold for it on no certain host, or on one on which it lies. */
async function exceptionsFor(
  { store, now }: Context,
  { image: { imageId, reference, digest }, hosts }: Held,
): Promise<readonly StoredException[]> {
  const at = new Date(now());
  const active = await store.fleet.exceptions.active(at.toISOString());
  const asked = active.map(({ expiresAt, ...rest }) => ({ ...rest, expires: expiresAt }));
  const digests = [imageId, ...(digest === undefined ? [] : [digest])];
  const found = new Set(
    [undefined, ...hosts].flatMap((host) =>
      applicableExceptions(asked, { image: reference, digests, host }, at).map(({ id }) => id),
    ),
  );
  return active.filter(({ id }) => found.has(id));
}
