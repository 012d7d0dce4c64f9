import { type AdvisoryIndex, type Distro, type Package, redHatChannelOf } from "@pratique/core";

/** `rhel-8-for-x86_64-baseos-rpms__8`: the release of a content set behind its repository. */
const RELEASE = /__\d+$/u;
/** `rhel-9-for-x86_64-baseos-eus-rpms__9_DOT_2`: a minor release, which has a map of its own or says which is meant. */
const MINOR_RELEASE = /__\d+_DOT_(?<minor>\d+)$/u;

/**
 * Which releases of Red Hat Enterprise Linux with lives of their own (EUS, AUS, E4S, TUS, ELS) an image, and each of its
 * packages, is kept up to date from.
 */
export class Channels {
  readonly #index: AdvisoryIndex;
  readonly #distro: Distro | undefined;
  readonly #ofRepositories = new Map<string, ReadonlySet<string> | undefined>();
  readonly #ofImage: ReadonlySet<string> | undefined;

  constructor(index: AdvisoryIndex, distro: Distro | undefined) {
    this.#index = index;
    this.#distro = distro;
    const known = (distro?.contentSets ?? [])
      .map((set) => this.#ofRepository(set))
      .filter((set) => set !== undefined);
    this.#ofImage =
      known.length === 0
        ? channelsOfLabels(distro)
        : known.reduce((all, set) => all.union(set), new Set<string>());
  }

  /**
   * The channels of a package: of the repository that it came from, where its history tells, else of those that the
   * image was built from. Empty where these are the common ones; undefined where nobody knows.
   */
  of({ repository }: Package): ReadonlySet<string> | undefined {
    return (repository === undefined ? undefined : this.#ofRepository(repository)) ?? this.#ofImage;
  }

  #ofRepository(repository: string): ReadonlySet<string> | undefined {
    if (this.#ofRepositories.has(repository)) return this.#ofRepositories.get(repository);
    const channels = this.#read(repository);
    this.#ofRepositories.set(repository, channels);
    return channels;
  }

  #read(repository: string): ReadonlySet<string> | undefined {
    const name = repository.replace(RELEASE, "");
    const exact = this.#index.repositoryCpes?.(name);
    const cpes = exact ?? this.#index.repositoryCpes?.(name.replace(MINOR_RELEASE, ""));
    if (cpes === undefined) return undefined;
    const minor = MINOR_RELEASE.exec(name)?.groups?.minor ?? this.#distro?.version.split(".")[1];
    const channels = cpes.map(redHatChannelOf).filter((channel) => channel !== undefined);
    // A repository without its release in its name is that of every minor release.
    const own = channels.filter(
      (channel) => channel.minor === undefined || minor === undefined || channel.minor === minor,
    );
    return new Set(own.map(({ name: channel }) => channel));
  }
}

/** `cpe:/o:redhat:enterprise_linux:9::baseos`: the release itself, and no other product that was built on it. */
const COMMON = /^cpe:\/[ao]:redhat:enterprise_linux(?::|$)/u;

/** The channels by what the image says that it is; undefined where it says nothing of Red Hat Enterprise Linux. */
function channelsOfLabels(distro: Distro | undefined): ReadonlySet<string> | undefined {
  const cpes = distro?.cpes ?? [];
  const channels = cpes.map(redHatChannelOf).filter((channel) => channel !== undefined);
  if (channels.length === 0 && !cpes.some((cpe) => COMMON.test(cpe))) return undefined;
  return new Set(channels.map(({ name }) => name));
}
