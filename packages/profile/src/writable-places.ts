import { compareText } from "./decisions.ts";
import type { Profile } from "./profile.ts";

/** Where a container writes, so that all else can be read-only. */
export interface WritablePlaces {
  /** Directories whose content nobody needs after the container. */
  readonly tmpfs: readonly string[];
  /** Directories whose content may have to stay. */
  readonly volumes: readonly string[];
  /** What is written where no mount should lie: the root cannot be read-only. */
  readonly inTheWay: readonly string[];
  readonly isKnown: boolean;
}

/** File systems of the kernel, and what the runtime mounts: no part of the root. */
const KERNEL = ["/proc", "/sys", "/dev"];
const TEMPORARY = ["/tmp", "/run", "/var/run", "/var/tmp", "/var/lock"];
/** Other names would be taken for options or variables by those who read the mount. */
const ORDINARY = /^[A-Za-z0-9._+@-]+$/u;
const WHOLE_TEMPORARY = ["/tmp", "/var/tmp"];
/** A mount on one of these would hide programs, libraries or settings of the image. */
const SYSTEM = /^\/(?:bin|boot|etc|lib(?:32|64|x32)?|sbin|usr)(?:\/|$)/u;

export function writablePlaces(profile: Profile): WritablePlaces {
  const mounts = profile.list("mount").map(({ value }) => directoryOfMount(value));
  const [tmpfs, volumes] = [new Set<string>(), new Set<string>()];
  const inTheWay: string[] = [];
  for (const { value } of profile.list("write")) {
    const directory = directoryOf(value);
    if ([...KERNEL, ...mounts].some((mount) => isWithin(value, mount))) continue;
    const whole = WHOLE_TEMPORARY.find((place) => isWithin(value, place));
    if (whole !== undefined) tmpfs.add(whole);
    else if (directory === "/" || SYSTEM.test(directory)) inTheWay.push(value);
    else if (TEMPORARY.some((place) => isWithin(directory, place))) tmpfs.add(directory);
    else volumes.add(directory);
  }
  const outer = [...volumes].filter(
    (one) => ![...volumes].some((other) => other !== one && isWithin(one, other)),
  );
  return {
    tmpfs: [...tmpfs].sort(compareText),
    volumes: outer.sort(compareText),
    inTheWay,
    isKnown: !profile.isOpen("write") && profile.sight !== undefined,
  };
}

/** The directory of a written path, as far as its name is the same each time, and ordinary. */
function directoryOf(value: string): string {
  const segments = value.split("/").slice(1, -1);
  const changing = segments.findIndex((segment) => !ORDINARY.test(segment));
  const fixed = changing === -1 ? segments : segments.slice(0, changing);
  return `/${fixed.join("/")}`;
}

/** A mount may be a directory or a coarser pattern of many. */
function directoryOfMount(value: string): string {
  return value.endsWith("/*") || value.endsWith("/**") ? directoryOf(value) : value;
}

function isWithin(path: string, directory: string): boolean {
  return directory !== "/" && (path === directory || path.startsWith(`${directory}/`));
}
