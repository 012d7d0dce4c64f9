import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { type TypedJson, tempDirectory, typeErrors } from "@pratique/testkit";
import { Ajv } from "ajv";
import { parse, parseAllDocuments } from "yaml";

const chart = path.resolve(import.meta.dirname, "../../deploy/helm/pratique");
const evaluator = path.join(import.meta.dirname, "testdata/evaluate-chart.go");
const goCache = path.resolve(import.meta.dirname, "../../node_modules/.cache/go-build");
const RELEASE = "pratique";

type Values = Readonly<Record<string, unknown>>;

/** What a chart is rendered with here: Helm where there is one, else Go's own templates and the schema. */
export interface ChartRenderer {
  readonly name: string;
  /** The objects of a release. Throws where Helm would refuse the values. */
  render(values: Values): readonly KubernetesObject[];
}

/** An object of a manifest. What was rendered is looked at, and not trusted. */
export interface KubernetesObject {
  readonly kind: string;
  // biome-ignore lint/suspicious/noExplicitAny: a manifest has the form that the test asks it for.
  readonly [member: string]: any;
}

/** Undefined where neither Helm nor Go is installed. */
export function chartRenderer(): ChartRenderer | undefined {
  if (isInstalled("helm")) return { name: "Helm", render: renderWithHelm };
  if (isInstalled("go")) return { name: "Go's templates", render: renderWithGo };
  return undefined;
}

/** Where Kubernetes' own types of what a chart may make are declared. */
const declarationsOf: Readonly<Record<string, string>> = { v1: "core/v1", "apps/v1": "apps/v1" };
const kubernetesTypes = path.resolve(import.meta.dirname, "../../node_modules/kubernetes-types");

/** What is wrong with objects by Kubernetes' own types: a member that there is not, or one of another type. */
export function kubernetesErrors(objects: readonly KubernetesObject[]): string {
  return typeErrors(objects.map(typedObject));
}

function typedObject(object: KubernetesObject): TypedJson {
  const declarations = declarationsOf[object.apiVersion];
  if (declarations === undefined) throw new Error(`the types of ${object.apiVersion} are not known here`);
  return {
    json: JSON.stringify(object),
    declarations: path.join(kubernetesTypes, `${declarations}.d.ts`),
    name: object.kind,
  };
}

/** What an object names that is not there: a label, a port, a volume, an account, a claim, a file that hides another. */
export function danglingIn(object: KubernetesObject, all: readonly KubernetesObject[]): readonly string[] {
  const { kind, spec } = object;
  if (kind === "Service") return danglingInService(spec, all);
  if (kind !== "Deployment" && kind !== "DaemonSet") return [];
  const { metadata, spec: pod } = spec.template;
  const dangling = isWithin(spec.selector.matchLabels, metadata.labels) ? [] : [`${kind}: its own labels`];
  if (pod.serviceAccountName !== undefined)
    dangling.push(...absent("ServiceAccount", pod.serviceAccountName, all));
  for (const { configMap, persistentVolumeClaim } of pod.volumes) {
    if (configMap !== undefined) dangling.push(...absent("ConfigMap", configMap.name, all));
    if (persistentVolumeClaim !== undefined) {
      dangling.push(...absent("PersistentVolumeClaim", persistentVolumeClaim.claimName, all));
    }
  }
  return [...dangling, ...danglingMounts(pod).map((what) => `${kind}: ${what}`)];
}

function danglingInService(
  { selector, ports }: KubernetesObject["spec"],
  all: readonly KubernetesObject[],
): readonly string[] {
  const pods = all.flatMap(({ spec }) => (spec?.template === undefined ? [] : [spec.template]));
  const [pod, ...others] = pods.filter(({ metadata }) => isWithin(selector, metadata.labels));
  if (pod === undefined || others.length > 0) return [`Service: ${others.length} pods beside the one`];
  const named = new Set(
    pod.spec.containers.flatMap((container: KubernetesObject) => container.ports.map(nameOf)),
  );
  return ports.map(targetOf).filter((name: string) => !named.has(name));
}

function danglingMounts(pod: KubernetesObject): readonly string[] {
  const volumes = new Set<string>(pod.volumes.map(nameOf));
  const containers: readonly KubernetesObject[] = [...(pod.initContainers ?? []), ...pod.containers];
  const mounted = new Set<string>(containers.flatMap(({ volumeMounts }) => volumeMounts.map(nameOf)));
  const places = containers.map(({ volumeMounts }) =>
    volumeMounts.map((mount: { readonly mountPath: string }) => mount.mountPath),
  );
  return [
    ...[...mounted.symmetricDifference(volumes)].map((name) => `volume ${name}`),
    // A place below another is made by root, whoever the container runs as.
    ...places.flatMap((all) =>
      all.filter((place: string) => all.some((at: string) => place.startsWith(`${at}/`))),
    ),
  ];
}

function absent(kind: string, name: string, all: readonly KubernetesObject[]): readonly string[] {
  const isThere = all.some((object) => object.kind === kind && object.metadata.name === name);
  return isThere ? [] : [`${kind} ${name}`];
}

function isWithin(labels: Readonly<Record<string, string>>, all: Readonly<Record<string, string>>): boolean {
  return Object.entries(labels).every(([name, value]) => all[name] === value);
}

function nameOf({ name }: { readonly name: string }): string {
  return name;
}

function targetOf({ targetPort }: { readonly targetPort: string }): string {
  return targetPort;
}

function isInstalled(program: string): boolean {
  return spawnSync("which", [program]).status === 0;
}

function renderWithHelm(values: Values): readonly KubernetesObject[] {
  using directory = tempDirectory();
  writeFileSync(directory.at("values.json"), JSON.stringify(values));
  return objectsOf(
    execFileSync("helm", ["template", RELEASE, chart, "-f", directory.at("values.json")], {
      encoding: "utf8",
    }),
  );
}

function renderWithGo(values: Values): readonly KubernetesObject[] {
  const merged = merge(parse(readFileSync(path.join(chart, "values.yaml"), "utf8")), values);
  const schema = JSON.parse(readFileSync(path.join(chart, "values.schema.json"), "utf8"));
  const ajv = new Ajv({ strict: false });
  if (!ajv.validate(schema, merged)) throw new Error(`values: ${ajv.errorsText()}`);
  const { appVersion } = parse(readFileSync(path.join(chart, "Chart.yaml"), "utf8"));
  const scope = {
    Values: merged,
    Release: { Name: RELEASE, Service: "Helm" },
    Chart: { AppVersion: appVersion },
  };
  const { status, stdout, stderr } = spawnSync("go", ["run", evaluator], {
    // The first run compiles Go's own library, the next ones find it there.
    env: { PATH: process.env.PATH, GO111MODULE: "off", CGO_ENABLED: "0", GOCACHE: goCache },
    input: JSON.stringify({ directory: chart, scope }),
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
  return objectsOf(stdout);
}

/** As Helm lays given values over those of the chart. */
function merge(base: Values, over: Values): Values {
  const merged: Record<string, unknown> = { ...base };
  for (const [name, value] of Object.entries(over)) {
    const below = merged[name];
    merged[name] = isRecord(below) && isRecord(value) ? merge(below, value) : value;
  }
  return merged;
}

function isRecord(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function objectsOf(text: string): readonly KubernetesObject[] {
  return [...parseAllDocuments(text)].flatMap((document) => {
    if (document.errors.length > 0) throw new Error(`${document.errors.join("\n")}`);
    // Between two separators there may be nothing, or a comment.
    return document.toJS() ?? [];
  });
}
