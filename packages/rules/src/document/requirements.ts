import { type ItemValue, isMapping, isSequence, isText } from "./item.ts";

/** The version of Falco's engine whose language is understood. */
const ENGINE_VERSION = "0.63.0";
/** What Falco has as plugins and is built in here, by the versions whose fields there are. */
const builtInPlugins: ReadonlyMap<string, string> = new Map([["container", "0.7.1"]]);

/** Says why a file cannot be read by this engine; undefined where it can. */
export function faultOfEngineVersion(value: ItemValue | undefined): string | undefined {
  const wanted = isText(value) ? parseVersion(/^\d+$/u.test(value) ? `0.${value}.0` : value) : undefined;
  if (wanted === undefined) return "required_engine_version: expected a number or a version";
  if (!isOlder(parseVersion(ENGINE_VERSION) ?? [], wanted)) return undefined;
  return `needs engine version ${wanted.join(".")}, this is ${ENGINE_VERSION}`;
}

/** Says which plugin a file cannot do without; undefined where it has all. */
export function faultOfPluginVersions(value: ItemValue | undefined): string | undefined {
  if (!isSequence(value)) return "required_plugin_versions: expected a sequence";
  for (const entry of value) {
    if (!isMapping(entry)) return "required_plugin_versions: expected mappings";
    const alternatives = entry.get("alternatives");
    const choices = [entry, ...(isSequence(alternatives) ? alternatives.filter(isMapping) : [])];
    if (choices.some(isPluginHere)) continue;
    return `needs plugin ${choices.map(describePlugin).join(" or ")}`;
  }
  return undefined;
}

function isPluginHere(entry: ReadonlyMap<string, ItemValue>): boolean {
  const [name, version] = [entry.get("name"), entry.get("version")];
  const [here, wanted] = [builtInPlugins.get(isText(name) ? name : ""), isText(version) ? version : ""];
  const [found, asked] = [parseVersion(here ?? ""), parseVersion(wanted)];
  return found !== undefined && asked !== undefined && found[0] === asked[0] && !isOlder(found, asked);
}

function describePlugin(entry: ReadonlyMap<string, ItemValue>): string {
  return `${String(entry.get("name"))} ${String(entry.get("version"))}`;
}

function parseVersion(text: string): readonly number[] | undefined {
  const found = /^(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?:[-+][0-9A-Za-z.-]*)?$/u.exec(text);
  return found === null ? undefined : found.slice(1).map(Number);
}

function isOlder(version: readonly number[], than: readonly number[]): boolean {
  for (const [at, part] of than.entries()) {
    if (version[at] !== part) return (version[at] ?? 0) < part;
  }
  return false;
}
