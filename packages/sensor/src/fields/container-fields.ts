import { matchesGlob } from "@pratique/core";
import type { SensorEvent } from "../events/sensor-event.ts";
import { isImageId, type SensorContainer, type SensorMount } from "../tables/sensor-container.ts";
import {
  absent,
  chosen,
  type FieldRow,
  type FieldTable,
  indexOf,
  numeric,
  type Read,
  text,
  truth,
} from "./field-row.ts";

/** `container.*`. On the host only `container.id` and `container.name` are there: `host`. */
export const containerFields: FieldTable = {
  "container.id": text("the first 12 characters of the id; `host` outside", (event) =>
    event.tracked === undefined ? "host" : event.tracked.shortId,
  ),
  "container.full_id": text("the whole id", (event) =>
    event.tracked === undefined ? "host" : event.tracked.identity.id,
  ),
  "container.name": text("name of the container", (event) =>
    event.tracked === undefined ? "host" : event.container?.name,
  ),
  "container.type": text(
    "the runtime: `docker`, `podman`, `containerd`…",
    (event) => event.container?.runtime,
  ),
  "container.image": text("image as whoever started the container named it", ({ container }) =>
    known(container?.image),
  ),
  "container.image.id": text("id of the image", ({ container }) =>
    container?.imageId?.slice("sha256:".length, 19),
  ),
  "container.image.repository": text("name of the image without tag and digest", ({ container }) =>
    known(container === undefined ? undefined : repositoryOf(container.image)),
  ),
  "container.image.tag": text("tag of the image", ({ container }) =>
    container === undefined ? undefined : tagOf(container.image),
  ),
  "container.image.digest": text(
    "digest that the image was named by",
    ({ container }) => container?.imageDigest,
  ),
  "container.privileged": truth("whether it runs privileged", ({ container }) => container?.privileged),
  "container.host_pid": truth(
    "whether it shares the host's processes",
    ({ container }) => container?.hostPid,
  ),
  "container.host_network": truth(
    "whether it shares the host's network",
    ({ container }) => container?.hostNetwork,
  ),
  "container.host_ipc": truth(
    "whether it shares the host's memory segments",
    ({ container }) => container?.hostIpc,
  ),
  "container.start_ts": numeric("start in nanoseconds since 1970", ({ container }) =>
    container === undefined ? undefined : Math.round(container.startedAt * 1e6),
  ),
  "container.duration": numeric("nanoseconds since its start", ({ container, time }) =>
    container === undefined ? undefined : Math.max(Math.round((time - container.startedAt) * 1e6), 0),
  ),
  "container.healthcheck": text("command of the health check", ({ container }) => container?.healthCheck),
  "container.liveness_probe": absent("string", "not told: no orchestrator is asked"),
  "container.readiness_probe": absent("string", "not told: no orchestrator is asked"),
  "container.ip": absent("string", "not told"),
  "container.cni.json": absent("string", "not told"),
  "container.mounts": text("all mounts, `source:target:mode:rw:propagation`", ({ container }) =>
    container === undefined || container.mounts.length === 0
      ? undefined
      : container.mounts.map(mountText).join(","),
  ),
  "container.mount": mountRow(
    "a mount, by number or by a pattern of its source",
    mountText,
    ({ source }) => source,
  ),
  "container.mount.source": mountRow(
    "source of a mount, by number or by its target",
    ({ source }) => source,
    ({ target }) => target,
  ),
  "container.mount.dest": mountRow(
    "target of a mount, by number or by its source",
    ({ target }) => target,
    ({ source }) => source,
  ),
  "container.mount.mode": mountRow("mode of a mount, by its source", modeOf, ({ source }) => source),
  "container.mount.rdwr": mountRow(
    "`true` where a mount, by its source, can be written to",
    ({ readOnly }) => String(!readOnly),
    ({ source }) => source,
  ),
  "container.mount.propagation": mountRow(
    "propagation of a mount, by its source",
    ({ propagation }) => propagation,
    ({ source }) => source,
  ),
  "container.label": chosen(
    "string",
    "value of a label",
    (name) =>
      ({ container }) =>
        labelOf(container, name),
  ),
  "container.labels": text("all labels, `name:value`", ({ container }) => labelsText(container)),
};

/** `k8s.*`: what the labels of the runtime tell. Without an orchestrator they are absent. */
export const kubernetesFields: FieldTable = {
  "k8s.pod.name": label("name of the pod", "io.kubernetes.pod.name"),
  "k8s.ns.name": label("namespace of the pod", "io.kubernetes.pod.namespace"),
  "k8s.pod.id": label("id of the pod", "io.kubernetes.pod.uid"),
  "k8s.pod.uid": label("id of the pod", "io.kubernetes.pod.uid"),
  "k8s.pod.sandbox_id": label("id of the sandbox", "io.kubernetes.sandbox.id"),
  "k8s.pod.full_sandbox_id": label("id of the sandbox", "io.kubernetes.sandbox.id"),
  "k8s.pod.label": absent("string", "a label of the pod; not told"),
  "k8s.pod.labels": absent("string", "labels of the pod; not told"),
  "k8s.pod.ip": absent("string", "address of the pod; not told"),
  "k8s.pod.cni.json": absent("string", "not told"),
  ...Object.fromEntries(
    ["rc", "rs", "svc", "deployment"].flatMap((kind) =>
      ["name", "id", "label", "labels"].map((what) => [`k8s.${kind}.${what}`, absent("string", "not told")]),
    ),
  ),
  ...Object.fromEntries(
    ["id", "label", "labels"].map((what) => [`k8s.ns.${what}`, absent("string", "not told")]),
  ),
};

function label(meaning: string, name: string): FieldRow {
  return text(meaning, ({ container }) => labelOf(container, name));
}

function labelOf(container: SensorContainer | undefined, name: string): string | undefined {
  return container !== undefined && Object.hasOwn(container.labels, name)
    ? container.labels[name]
    : undefined;
}

function labelsText(container: SensorContainer | undefined): string | undefined {
  const entries = Object.entries(container?.labels ?? {});
  return entries.length === 0 ? undefined : entries.map(([name, value]) => `${name}:${value}`).join(", ");
}

function known(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}

/** A colon after the last slash begins the tag; one before it belongs to a port. */
function repositoryOf(image: string): string {
  if (isImageId(image)) return "";
  const name = image.split("@", 1)[0] ?? "";
  const colon = name.lastIndexOf(":");
  return colon > name.lastIndexOf("/") ? name.slice(0, colon) : name;
}

function tagOf(image: string): string | undefined {
  if (isImageId(image)) return undefined;
  const name = image.split("@", 1)[0] ?? "";
  const colon = name.lastIndexOf(":");
  if (colon > name.lastIndexOf("/")) return name.slice(colon + 1);
  // What Docker takes where no tag is named.
  return name === "" || image.includes("@") ? undefined : "latest";
}

function modeOf({ readOnly }: SensorMount): string {
  return readOnly ? "ro" : "";
}

function mountText(mount: SensorMount): string {
  return [mount.source, mount.target, modeOf(mount), String(!mount.readOnly), mount.propagation].join(":");
}

function mountRow(
  meaning: string,
  read: (mount: SensorMount) => string,
  key: (mount: SensorMount) => string,
): FieldRow {
  return chosen("string", meaning, (argument): Read => {
    const index = indexOf(argument);
    const find = (event: SensorEvent) => {
      const mounts = event.container?.mounts ?? [];
      return index === undefined ? mounts.find((mount) => matchesGlob(argument, key(mount))) : mounts[index];
    };
    return (event) => {
      if (event.container === undefined) return undefined;
      const mount = find(event);
      // Rules ask for mounts by what is not this text.
      return mount === undefined ? "N/A" : read(mount);
    };
  });
}
