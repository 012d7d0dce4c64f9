import { type Ecosystem, ecosystem } from "./ecosystem.ts";

/**
 * What Ubuntu fixes for subscribers of Ubuntu Pro only, by the name of the service as `pro status` has it, and the word
 * for it in an ecosystem. The fixes of one service are no use to those who have only another.
 */
const TRACKS: ReadonlyMap<string, string> = new Map([
  ["esm-apps", "Apps"],
  ["esm-infra", "Infra"],
  ["esm-infra-legacy", "Infra-legacy"],
  ["fips", "FIPS"],
  ["fips-preview", "FIPS-preview"],
  ["fips-updates", "FIPS-updates"],
  ["realtime-kernel", "Realtime"],
]);

/** The services of Ubuntu Pro whose fixes are told apart. */
export const ubuntuServices: readonly string[] = [...TRACKS.keys()];

/** The ecosystem of what a service fixes in a release (`22.04`); undefined for other services. */
export function ubuntuProEcosystem(service: string, release: string): Ecosystem | undefined {
  const word = TRACKS.get(service);
  return word === undefined ? undefined : ecosystem(`Ubuntu:Pro:${word}:${release}`);
}

/** The service whose subscribers an ecosystem is about; undefined for all others. */
export function ubuntuServiceOf(of: Ecosystem): string | undefined {
  const word = /^Ubuntu:Pro:(?<word>[^:]+):/u.exec(of)?.groups?.word;
  return word === undefined ? undefined : ubuntuServices.find((service) => TRACKS.get(service) === word);
}
