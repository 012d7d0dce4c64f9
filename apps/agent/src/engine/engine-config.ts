import { constants, copyFileSync, readFileSync, realpathSync, statSync } from "node:fs";
import { hasCode, type JsonObject, type JsonValue, messageOf } from "@pratique/core";
import { replaceFile } from "../durable-file.ts";
import { AgentError } from "../errors.ts";

const KEY = "authorization-plugins";

/** What Docker's own packages give it. */
const NEW_FILE_MODE = 0o644;

/**
 * The configuration file of a Docker daemon, of which we touch one key. Everything else that is in it, its order
 * included, stays as it is, and so do its mode and a link that leads to it.
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
    this.#copy(backup);
    this.#writeText(formatConfig({ ...config, [KEY]: [...plugins, name] }));
  }

  /**
   * Takes the plug-in out again, and the key with it where that was all there was. Where the copy says what is left, the file is
   * as it was to the letter, with the lines and the spaces of whoever wrote it.
   */
  removePlugin(name: string, backup: string): void {
    const config = this.#read();
    const plugins = pluginsOf(config).filter((plugin) => plugin !== name);
    const { [KEY]: _, ...rest } = config;
    const left = plugins.length === 0 ? rest : { ...config, [KEY]: plugins };
    this.#writeText(sameIn(backup, left) ?? formatConfig(left));
  }

  #copy(backup: string): void {
    try {
      copyFileSync(this.file, backup, constants.COPYFILE_EXCL);
    } catch (cause) {
      // There is no file yet, or the first copy is there already: it is the one from before us.
      if (hasCode(cause, "ENOENT", "EEXIST")) return;
      throw new AgentError(
        "ENGINE_CONFIG_UNWRITABLE",
        `${this.file} cannot be backed up: ${messageOf(cause)}`,
        { cause },
      );
    }
  }

  #read(): JsonObject {
    const text = this.#text();
    try {
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

  /** Empty only where there is none: what cannot be read would be lost when the file is written. */
  #text(): string {
    try {
      return readFileSync(this.file, "utf8");
    } catch (cause) {
      if (hasCode(cause, "ENOENT")) return "";
      throw new AgentError("ENGINE_CONFIG_UNREADABLE", `${this.file} cannot be read: ${messageOf(cause)}`, {
        cause,
      });
    }
  }

  #writeText(text: string): void {
    try {
      const { file, mode } = this.#target();
      replaceFile(file, text, mode);
    } catch (cause) {
      throw new AgentError(
        "ENGINE_CONFIG_UNWRITABLE",
        `${this.file} cannot be written: ${messageOf(cause)}`,
        { cause },
      );
    }
  }

  /** Behind links, as some tools keep `/etc`: to replace the link would leave what they manage behind. */
  #target(): { readonly file: string; readonly mode: number } {
    try {
      const file = realpathSync(this.file);
      return { file, mode: statSync(file).mode & 0o777 };
    } catch (cause) {
      if (!hasCode(cause, "ENOENT")) throw cause;
      return { file: this.file, mode: NEW_FILE_MODE };
    }
  }
}

function formatConfig(config: JsonObject): string {
  return `${JSON.stringify(config, undefined, 2)}\n`;
}

/** The text of a copy that says the same; nothing of one that is gone, cannot be read, or is of another day. */
function sameIn(backup: string, config: JsonObject): string | undefined {
  try {
    const text = readFileSync(backup, "utf8");
    return JSON.stringify(JSON.parse(text)) === JSON.stringify(config) ? text : undefined;
  } catch {
    // It only spares the form: what the file has to say is known.
    return undefined;
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
