import { type MirrorKey, parseMirrorKeys, rememberedMirror } from "@pratique/advisory";
import type { Context } from "../context.ts";
import { CliError } from "../errors.ts";
import { readSmallFile } from "../read-small-file.ts";

const MAX_KEY_FILE_BYTES = 65_536;

export interface MirrorFlags {
  readonly mirror?: readonly string[];
  readonly key?: string;
  readonly ecosystem?: readonly string[];
  readonly only?: readonly string[];
}

/** Which mirrors are asked, who is believed, and for what. */
export interface MirrorPlan {
  readonly locations: readonly string[];
  readonly keys: readonly MirrorKey[];
  readonly ecosystems?: readonly string[];
}

/**
 * The mirrors of the flags, else those of the file, else the ones that the database at hand came from. Undefined where the
 * feeds themselves are meant. Nobody is believed whose key was not given once.
 */
export function mirrorPlanOf({ settings }: Context, flags: MirrorFlags): MirrorPlan | undefined {
  const { mirror: named = [], only = [] } = flags;
  if (only.length > 0) {
    if (named.length > 0) throw new CliError("USAGE", "--only is about feeds, and --mirror is none");
    return undefined;
  }
  const { mirrors = [], keyFile, ecosystems: configured } = settings.advisories;
  const remembered = rememberedMirror(settings.layout.advisories);
  const locations = [named, mirrors, remembered?.locations ?? []].find((list) => list.length > 0);
  if (locations === undefined) {
    if (flags.key === undefined) return undefined;
    throw new CliError("USAGE", "--key is of a mirror: name it with --mirror");
  }
  const isRemembered = named.length === 0 && mirrors.length === 0;
  const file = flags.key ?? keyFile;
  const given = flags.ecosystem !== undefined && flags.ecosystem.length > 0 ? flags.ecosystem : configured;
  const ecosystems = given ?? (isRemembered ? remembered?.ecosystems : undefined);
  return {
    locations,
    keys: keysOf(file, isRemembered ? remembered?.keys : undefined),
    ...(ecosystems === undefined ? {} : { ecosystems }),
  };
}

function keysOf(file: string | undefined, remembered: string | undefined): readonly MirrorKey[] {
  if (file !== undefined) return parseMirrorKeys(readSmallFile(file, MAX_KEY_FILE_BYTES, "USAGE"));
  if (remembered !== undefined) return parseMirrorKeys(remembered);
  throw new CliError("USAGE", "a mirror is believed by its key", {
    hint: "give its public key with --key FILE, or as advisories.keyFile in pratique.yaml",
  });
}
