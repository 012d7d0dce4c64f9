import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { type JsonObject, type JsonValue, messageOf } from "@pratique/core";
import { replaceFile } from "./durable-file.ts";
import { AgentError } from "./errors.ts";

const KEY = "authorization-plugins";

/**
 * The configuration file of a Docker daemon, of which we touch one key. Everything else that is in it, its order
 * included, stays as it is.
 */
export class EngineConfig {
  readonly file: string;

  constructor(file: string) {
    this.file = file;
  }

  hasPlugin(name: string): boolean {
    return pluginsOf(this.#read()).includes(name);
  }

  /** Adds the plug-in as the last that is asked. Keeps a copy of the file at `backup`, once. */
  addPlugin(name: string, backup: string): void {
    const config = this.#read();
    const plugins = pluginsOf(config);
    if (plugins.includes(name)) return;
    if (existsSync(this.file) && !existsSync(backup)) this.#copy(backup);
    this.#write({ ...config, [KEY]: [...plugins, name] });
  }

  /** Takes the plug-in out again, and the key with it where that was all there was. */
  removePlugin(name: string): void {
    const config = this.#read();
    const plugins = pluginsOf(config).filter((plugin) => plugin !== name);
    const { [KEY]: _, ...rest } = config;
    this.#write(plugins.length === 0 ? rest : { ...config, [KEY]: plugins });
  }

  #copy(backup: string): void {
    try {
      copyFileSync(this.file, backup);
    } catch (cause) {
      throw new AgentError(
        "ENGINE_CONFIG_UNWRITABLE",
        `${this.file} cannot be backed up: ${messageOf(cause)}`,
        { cause },
      );
    }
  }

  #read(): JsonObject {
    if (!existsSync(this.file)) return {};
    try {
      const text = readFileSync(this.file, "utf8");
      const parsed: JsonValue = text.trim() === "" ? {} : JSON.parse(text);
      if (isObject(parsed)) return parsed;
    } catch (cause) {
      throw new AgentError(
        "ENGINE_CONFIG_UNREADABLE",
        `${this.file} is not valid JSON: ${messageOf(cause)}`,
        { cause },
      );
    }
    throw new AgentError("ENGINE_CONFIG_UNREADABLE", `${this.file} does not hold one JSON object`);
  }

  #write(config: JsonObject): void {
    try {
      replaceFile(this.file, `${JSON.stringify(config, undefined, 2)}\n`, 0o644);
    } catch (cause) {
      throw new AgentError(
        "ENGINE_CONFIG_UNWRITABLE",
        `${this.file} cannot be written: ${messageOf(cause)}`,
        { cause },
      );
    }
  }
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function pluginsOf(config: JsonObject): readonly string[] {
  const plugins = config[KEY] ?? [];
  if (Array.isArray(plugins) && plugins.every((plugin) => typeof plugin === "string")) return plugins;
  throw new AgentError("ENGINE_CONFIG_UNREADABLE", `${JSON.stringify(KEY)} is not a list of names`);
}
