import type { RuntimeReport } from "@pratique/api";
import type { MessageBody } from "@pratique/sensor";

type Primitives = RuntimeReport["sensor"]["primitives"];

const MAX_PRIMITIVES = 128;

/** The parts of the native sensor that this kernel takes, by what it said when it was ready, and why not the others. */
export function primitivesIn(ready: MessageBody | undefined): Primitives {
  const probes = Array.isArray(ready?.probes) ? ready.probes : [];
  return probes.slice(0, MAX_PRIMITIVES).flatMap((probe: unknown) => {
    if (typeof probe !== "object" || probe === null || !("name" in probe)) return [];
    const { name, ...rest } = probe;
    const loaded = "loaded" in rest ? rest.loaded === true : "ok" in rest && rest.ok === true;
    const reason = "reason" in rest ? rest.reason : "error" in rest ? rest.error : "";
    return [
      { name: String(name), state: loaded ? "on" : "off", detail: typeof reason === "string" ? reason : "" },
    ];
  });
}

/** The names of those that it takes. */
export function loadedIn(ready: MessageBody | undefined): ReadonlySet<string> {
  return new Set(primitivesIn(ready).flatMap(({ name, state }) => (state === "on" ? [name] : [])));
}
