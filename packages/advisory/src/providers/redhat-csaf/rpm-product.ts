/** A package, or one build of it. */
export interface NamedPackage {
  readonly name: string;
  /** `epoch:version-release`, without an epoch of 0; absent where no build is meant. */
  readonly version?: string;
  /** `src` for a source package; absent where none is named. */
  readonly architecture?: string;
  /** `nodejs:18`. */
  readonly module?: string;
}

/** Reads `pkg:rpm/redhat/name@version-release?arch=…&epoch=…&rpmmod=…` (purl-spec, "rpm"); undefined for other types. */
export function packageOfPurl(purl: string): NamedPackage | undefined {
  const {
    name,
    version,
    qualifiers = "",
  } = /^pkg:rpm\/(?:redhat\/)?(?<name>[^/@?#]+)(?:@(?<version>[^?#]*))?(?:\?(?<qualifiers>[^#]*))?/u.exec(
    purl,
  )?.groups ?? {};
  if (name === undefined) return undefined;
  const values = new URLSearchParams(qualifiers.replaceAll("+", "%2B"));
  const build = version === undefined ? undefined : decode(version);
  return packageOf({
    name: decode(name),
    version: build,
    epoch: values.get("epoch") ?? undefined,
    architecture: values.get("arch") ?? undefined,
    module: moduleOf(values.get("rpmmod") ?? undefined),
  });
}

/**
 * Reads the identifiers of documents that name no purl: `kernel`, `nodejs:16/nodejs`, and
 * `ruby-0:3.1.4-142.el8.x86_64::ruby:3.1`.
 */
export function packageOfId(id: string): NamedPackage | undefined {
  const [build = "", suffix] = id.split("::", 2);
  const parts =
    /^(?<name>[^\s/:]+)-(?<epoch>\d+):(?<version>[^-\s/:]+-[^-\s/:]+)\.(?<architecture>[a-z0-9_]+)$/u.exec(
      build,
    )?.groups;
  if (parts?.name !== undefined) {
    const { name, epoch, version, architecture } = parts;
    return packageOf({ name, version, epoch, architecture, module: moduleOf(suffix) });
  }
  const { module, name } = /^(?:(?<module>[^\s/:]+:[^\s/:]+)\/)?(?<name>[^\s/:]+)$/u.exec(id)?.groups ?? {};
  // Red Hat tracks what is open by source packages.
  return name === undefined ? undefined : packageOf({ name, architecture: "src", module });
}

function packageOf({
  name,
  version,
  epoch,
  architecture,
  module,
}: {
  readonly name: string;
  readonly version?: string | undefined;
  readonly epoch?: string | undefined;
  readonly architecture?: string | undefined;
  readonly module?: string | undefined;
}): NamedPackage {
  const hasEpoch = epoch !== undefined && epoch !== "" && epoch !== "0";
  return {
    name,
    ...(version === undefined || version === ""
      ? {}
      : { version: hasEpoch ? `${epoch}:${version}` : version }),
    ...(architecture === undefined || architecture === "" ? {} : { architecture }),
    ...(module === undefined ? {} : { module }),
  };
}

/** `nodejs:18:8080020230427102918:63b34585` is a build of the stream `nodejs:18`. */
function moduleOf(text: string | undefined): string | undefined {
  const [name = "", stream = ""] = text?.split(":") ?? [];
  return name === "" || stream === "" ? undefined : `${name}:${stream}`;
}

/** Text with a percent sign that encodes nothing stays as it is. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
