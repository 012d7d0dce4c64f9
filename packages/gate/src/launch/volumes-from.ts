import type { LaunchMount } from "@pratique/core";
import { fieldsOf } from "../json-fields.ts";
import type { LaunchContext } from "./launch-context.ts";
import { effectiveMounts, limitMounts, resolveMounts } from "./mounts.ts";

/** The mounts of the containers in `VolumesFrom`: `NAME[:MODE]`. One that does not exist has none. */
export async function inheritedMounts(
  volumesFrom: readonly string[],
  context: LaunchContext,
): Promise<readonly LaunchMount[]> {
  const mounts: LaunchMount[] = [];
  limitMounts(volumesFrom.length);
  for (const text of volumesFrom) {
    const colon = text.indexOf(":");
    const name = colon < 0 ? text : text.slice(0, colon);
    const modes = colon < 0 ? [] : text.slice(colon + 1).split(",");
    const container = await context.view.inspectContainer(name);
    const inherited = await resolveMounts(effectiveMounts(fieldsOf(container)), context);
    const readOnly = modes.includes("ro");
    mounts.push(...inherited.map((mount) => ({ ...mount, readOnly: mount.readOnly || readOnly })));
    limitMounts(mounts.length);
  }
  return mounts;
}
