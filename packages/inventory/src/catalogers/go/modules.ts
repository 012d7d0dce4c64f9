/** A Go module as a program was built from it. */
interface GoModule {
  readonly path: string;
  /** As Go writes it: `v1.2.3`, with a pseudo-version where there is no tag; empty or `(devel)` where unknown. */
  readonly version: string;
  /** The path of what it replaces, by which packages are imported. */
  readonly importedAs?: string;
}

/** What a program was built from. */
export interface GoModules {
  /** The path of the package that was built: `cmd/go`. */
  readonly mainPackage: string | undefined;
  readonly main: GoModule | undefined;
  readonly dependencies: readonly GoModule[];
  /** `-ldflags`, where the program tells. */
  readonly linkerFlags: string | undefined;
  /** `linux/amd64`; empty where the program does not tell, as those of before Go 1.18. */
  readonly platform: string;
}

/** Modules of one program; the largest have some two thousand. */
export const MAX_MODULES = 20_000;
const MAX_FIELD = 1024;

/**
 * Reads the lines of modules and settings (Go, runtime/debug, BuildInfo). What replaces a module stands in the next
 * line, and is what was compiled. Undefined where they name more modules than {@link MAX_MODULES}.
 */
export function parseModules(text: string): GoModules | undefined {
  let mainPackage: string | undefined;
  let main: GoModule | undefined;
  let linkerFlags: string | undefined;
  let os: string | undefined;
  let architecture: string | undefined;
  const dependencies: GoModule[] = [];
  let last: "main" | "dependency" | undefined;
  for (const line of text.split("\n")) {
    const [word, ...fields] = line.split("\t");
    switch (word) {
      case "path":
        mainPackage = fields[0];
        break;
      case "mod":
        main = moduleOf(fields) ?? main;
        last = "main";
        break;
      case "dep": {
        const found = moduleOf(fields);
        last = found === undefined ? undefined : "dependency";
        if (found === undefined) break;
        if (dependencies.length === MAX_MODULES) return undefined;
        dependencies.push(found);
        break;
      }
      case "=>": {
        const found = moduleOf(fields);
        if (last === "main") main = found === undefined ? main : inPlaceOf(main, found);
        else if (last === "dependency") replaceLast(dependencies, found);
        last = undefined;
        break;
      }
      case "build":
        linkerFlags ??= settingOf(fields[0] ?? "", "-ldflags");
        os ??= settingOf(fields[0] ?? "", "GOOS");
        architecture ??= settingOf(fields[0] ?? "", "GOARCH");
    }
  }
  return { mainPackage, main, dependencies, linkerFlags, platform: platformOf(os, architecture) };
}

function moduleOf([path = "", version = ""]: readonly string[]): GoModule | undefined {
  const isSound = path !== "" && path.length <= MAX_FIELD && version.length <= MAX_FIELD;
  return isSound ? { path, version } : undefined;
}

/** A directory of the builder's disk has no version, and nobody knows what is in it: the module keeps its name. */
function replaceLast(modules: GoModule[], replacement: GoModule | undefined): void {
  const replaced = modules.pop();
  if (replacement === undefined || replaced === undefined) return;
  const isDirectory = replacement.path.startsWith(".") || replacement.path.startsWith("/");
  modules.push(isDirectory ? { path: replaced.path, version: "" } : inPlaceOf(replaced, replacement));
}

function inPlaceOf(replaced: GoModule | undefined, replacement: GoModule): GoModule {
  return replaced === undefined ? replacement : { ...replacement, importedAs: replaced.path };
}

/** `linux/amd64`; empty where one of both is not told, or is not as Go writes it. */
function platformOf(os = "", architecture = ""): string {
  const platform = `${os}/${architecture}`;
  return /^\w{1,32}\/\w{1,32}$/u.test(platform) ? platform : "";
}

/** The value of `key=value`; either may be quoted as Go quotes strings. */
function settingOf(text: string, key: string): string | undefined {
  const start = [`${key}=`, `"${key}"=`].find((candidate) => text.startsWith(candidate));
  if (start === undefined) return undefined;
  const value = text.slice(start.length);
  if (!value.startsWith('"')) return value;
  try {
    const unquoted: unknown = JSON.parse(value);
    return typeof unquoted === "string" ? unquoted : undefined;
  } catch {
    // Go escapes more than JSON does; such flags are left alone.
    return undefined;
  }
}
