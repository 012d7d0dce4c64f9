import { isRecord, listOf, parseJson, parsePurl, programOfComponent, recordOf, textOf } from "@pratique/core";
import { decodeUtf8 } from "../../decode-text.ts";
import { javaVersionOf } from "./java-version.ts";

/** A program, and which one it is. */
export interface Named {
  readonly name: string;
  readonly version: string;
}

const MAX_COMPONENTS = 2000;
const MAX_SETTINGS = 200;
/** Characters of an application's description in which its name and version stand. */
const MAX_APPLICATION_HEAD = 64 * 1024;

/**
 * The `release` file of a Java runtime (JEP 223; OpenJDK, `make/ReleaseFile.gmk`): lines `JAVA_VERSION="21.0.1"`. Nothing
 * where it is a file of another kind, which many distributions call so, too.
 */
export function readJavaRelease(content: Buffer): readonly Named[] {
  const fields = new Map<string, string>();
  for (const line of decodeUtf8(content).split("\n", 200)) {
    const { key = "", value = "" } =
      /^(?<key>[A-Z_]{1,40})="(?<value>[^"]{1,200})"\s*$/u.exec(line)?.groups ?? {};
    fields.set(key, value);
  }
  const version = fields.get("JAVA_VERSION");
  const isRuntime = fields.has("OS_ARCH") || fields.has("IMPLEMENTOR") || fields.has("JAVA_RUNTIME_VERSION");
  if (version === undefined || !isRuntime || !/^\d+(?:\.\d+)*(?:_\d+)?$/u.test(version)) return [];
  return [{ name: "openjdk", version: javaVersionOf(version) }];
}

/** `releases/26/OTP_VERSION` of an installation of Erlang (OTP Design Principles, "OTP Version"). */
export function readErlangRelease(content: Buffer): readonly Named[] {
  const version = decodeUtf8(content).trim();
  return /^\d+(?:\.\d+){1,4}(?:-rc\d+)?$/u.test(version) ? [{ name: "erlang", version }] : [];
}

/**
 * `rabbit-4.0.5/ebin/rabbit.app`, the server among the plugins of RabbitMQ (Erlang, `application`): its version in text, as
 * what others call so has another description.
 */
export function readRabbitApplication(content: Buffer): readonly Named[] {
  const text = decodeUtf8(content).slice(0, MAX_APPLICATION_HEAD);
  const isRabbit = /\{application,\s*'?rabbit'?,/u.test(text) && /\{description,\s*"RabbitMQ"\}/u.test(text);
  const { version } =
    /\{vsn,\s*"(?<version>\d+\.\d+\.\d+(?:-(?:alpha|beta|rc)\.\d+)?)"\}/u.exec(text)?.groups ?? {};
  return isRabbit && version !== undefined ? [{ name: "rabbitmq", version }] : [];
}

/** `lib/elixir/ebin/elixir.app` of an installation of Elixir, and of releases of what was written in it. */
export function readElixirApplication(content: Buffer): readonly Named[] {
  const text = decodeUtf8(content).slice(0, MAX_APPLICATION_HEAD);
  const isElixir = /\{application,\s*elixir,/u.test(text) && /\{description,\s*"elixir"\}/u.test(text);
  const { version } = /\{vsn,\s*"(?<version>\d+\.\d+\.\d+(?:-(?:dev|rc\.\d+))?)"\}/u.exec(text)?.groups ?? {};
  return isElixir && version !== undefined ? [{ name: "elixir", version }] : [];
}

/**
 * `application.ini` beside Firefox (Mozilla, `build/application.ini.in`): a section `App` that names what it is. The releases
 * that are supported for longer are built from a branch of their own.
 */
export function readMozillaApplication(content: Buffer): readonly Named[] {
  const settings = new Map<string, string>();
  for (const line of decodeUtf8(content).split("\n", MAX_SETTINGS)) {
    if (line.startsWith("[") && line.trim() !== "[App]") break;
    const { key = "", value = "" } =
      /^(?<key>[A-Za-z]{1,40})=(?<value>[^\r\n]{1,200})/u.exec(line)?.groups ?? {};
    settings.set(key, value.trim());
  }
  const version = settings.get("Version");
  const isFirefox = settings.get("Vendor") === "Mozilla" && settings.get("Name") === "Firefox";
  if (!isFirefox || version === undefined || !/^\d+\.\d+(?:\.\d+){0,2}(?:[ab]\d+)?$/u.test(version))
    return [];
  const isSupportedLonger =
    settings.get("RemotingName") === "firefox-esr" ||
    /\/mozilla-esr\d+$/u.test(settings.get("SourceRepository") ?? "");
  return [{ name: isSupportedLonger ? "firefox-esr" : "firefox", version }];
}

/** `.bitnami_components.json`: an object with the components by name. A text says what is wrong with it. */
export function readBitnamiComponents(content: Buffer): readonly Named[] | string {
  const components = parse(content);
  if (!isRecord(components)) return "expected a JSON object of components";
  const found: Named[] = [];
  for (const [component, value] of Object.entries(components).slice(0, MAX_COMPONENTS)) {
    const version = textOf(recordOf(value).version);
    if (version !== undefined) found.push(componentOf(component, version));
  }
  return found;
}

/** `.spdx-NAME.spdx`: SPDX 2.3 in JSON, whose packages have URLs of the type `bitnami`. */
export function readBitnamiSpdx(content: Buffer): readonly Named[] | string {
  const document = parse(content);
  if (!isRecord(document) || textOf(document.spdxVersion) === undefined)
    return "expected an SPDX document in JSON";
  const found: Named[] = [];
  for (const item of listOf(document.packages).slice(0, MAX_COMPONENTS)) {
    for (const reference of listOf(recordOf(item).externalRefs)) {
      const locator = textOf(recordOf(reference).referenceLocator) ?? "";
      if (!locator.startsWith("pkg:bitnami/")) continue;
      const named = namedBy(locator);
      if (named !== undefined) found.push(named);
    }
  }
  return found;
}

function namedBy(locator: string): Named | undefined {
  try {
    const { name, version } = parsePurl(locator);
    return version === undefined ? undefined : componentOf(name, version);
  } catch {
    // A reference that nobody can read names no package.
    return undefined;
  }
}

function parse(content: Buffer): unknown {
  try {
    return parseJson(decodeUtf8(content));
  } catch {
    return undefined;
  }
}

/** Behind the version of the program stands Bitnami's own revision: `1.25.3-2`. */
function componentOf(component: string, version: string): Named {
  return { name: programOfComponent(component), version: version.replace(/-\d+$/u, "") };
}
