import type { ReleaseEnd } from "./release-end.ts";

/** The last day with support by release; for Ubuntu, behind a space, that for subscribers of ESM. */
type Ends = Readonly<Record<string, string>>;

/**
 * When releases of the big distributions end, as their makers have announced it: of Debian the end of LTS, which is
 * there for everybody; of the others the end of support without an extra contract. A feed knows better, where there is
 * one. Releases that nobody has set a day for are left out.
 */
const ENDS: Readonly<Record<string, Ends>> = {
  // https://www.debian.org/releases/, https://wiki.debian.org/LTS
  debian: {
    "3": "2008-03-31",
    "4": "2010-02-15",
    "5": "2012-02-06",
    "6": "2016-02-29",
    "7": "2018-05-31",
    "8": "2020-06-30",
    "9": "2022-06-30",
    "10": "2024-06-30",
    "11": "2026-08-31",
    "12": "2028-06-30",
    "13": "2030-06-30",
  },
  // https://ubuntu.com/about/release-cycle, https://wiki.ubuntu.com/Releases
  ubuntu: {
    "8.04": "2013-05-09",
    "10.04": "2015-04-30",
    "10.10": "2012-04-10",
    "11.04": "2012-10-28",
    "11.10": "2013-05-09",
    "12.04": "2017-04-28 2019-04-30",
    "12.10": "2014-05-16",
    "13.04": "2014-01-27",
    "13.10": "2014-07-17",
    "14.04": "2019-04-30 2024-04-30",
    "14.10": "2015-07-23",
    "15.04": "2016-02-04",
    "15.10": "2016-07-28",
    "16.04": "2021-04-30 2026-04-30",
    "16.10": "2017-07-20",
    "17.04": "2018-01-13",
    "17.10": "2018-07-19",
    "18.04": "2023-05-31 2028-04-30",
    "18.10": "2019-07-18",
    "19.04": "2020-01-23",
    "19.10": "2020-07-17",
    "20.04": "2025-05-31 2030-04-30",
    "20.10": "2021-07-22",
    "21.04": "2022-01-20",
    "21.10": "2022-07-14",
    "22.04": "2027-04-30 2032-04-30",
    "22.10": "2023-07-20",
    "23.04": "2024-01-25",
    "23.10": "2024-07-11",
    "24.04": "2029-04-30 2034-04-30",
    "24.10": "2025-07-10",
    "25.04": "2026-01-15",
  },
  // https://alpinelinux.org/releases/
  alpine: {
    "3.1": "2016-11-01",
    "3.2": "2017-05-01",
    "3.3": "2017-11-01",
    "3.4": "2018-05-01",
    "3.5": "2018-11-01",
    "3.6": "2019-05-01",
    "3.7": "2019-11-01",
    "3.8": "2020-05-01",
    "3.9": "2020-11-01",
    "3.10": "2021-05-01",
    "3.11": "2021-11-01",
    "3.12": "2022-05-01",
    "3.13": "2022-11-01",
    "3.14": "2023-05-01",
    "3.15": "2023-11-01",
    "3.16": "2024-05-23",
    "3.17": "2024-11-22",
    "3.18": "2025-05-09",
    "3.19": "2025-11-01",
    "3.20": "2026-04-01",
    "3.21": "2026-11-01",
    "3.22": "2027-05-01",
    "3.23": "2027-11-01",
  },
  // https://access.redhat.com/support/policy/updates/errata
  rhel: {
    "4": "2012-02-29",
    "5": "2017-03-31",
    "6": "2020-11-30",
    "7": "2024-06-30",
    "8": "2029-05-31",
    "9": "2032-05-31",
    "10": "2035-05-31",
  },
  // https://www.centos.org/centos-linux-eol/, https://www.centos.org/cl-vs-cs/
  centos: {
    "5": "2017-03-31",
    "6": "2020-11-30",
    "7": "2024-06-30",
    "8": "2021-12-31",
    "stream-8": "2024-05-31",
    "stream-9": "2027-05-31",
  },
  // https://wiki.rockylinux.org/rocky/version/
  rocky: { "8": "2029-05-31", "9": "2032-05-31", "10": "2035-05-31" },
  // https://wiki.almalinux.org/release-notes/
  almalinux: { "8": "2029-05-31", "9": "2032-05-31", "10": "2035-05-31" },
  // https://www.oracle.com/support/lifetime-support/, premier support
  ol: { "5": "2017-06-30", "6": "2021-03-31", "7": "2024-12-31", "8": "2029-07-31", "9": "2032-06-30" },
  // https://aws.amazon.com/amazon-linux-2/faqs/, https://docs.aws.amazon.com/linux/
  amzn: { "2018": "2023-12-31", "2": "2026-06-30", "2023": "2029-06-30" },
  // https://docs.fedoraproject.org/en-US/releases/eol/
  fedora: {
    "28": "2019-05-28",
    "29": "2019-11-26",
    "30": "2020-05-26",
    "31": "2020-11-24",
    "32": "2021-05-25",
    "33": "2021-11-30",
    "34": "2022-06-07",
    "35": "2022-12-13",
    "36": "2023-05-16",
    "37": "2023-12-05",
    "38": "2024-05-21",
    "39": "2024-11-26",
    "40": "2025-05-13",
  },
  // https://en.opensuse.org/Lifetime
  "opensuse-leap": {
    "42.3": "2019-06-30",
    "15.0": "2019-12-03",
    "15.1": "2021-01-31",
    "15.2": "2021-12-31",
    "15.3": "2022-12-31",
    "15.4": "2023-12-07",
    "15.5": "2024-12-31",
    "15.6": "2026-04-30",
  },
  // https://www.suse.com/lifecycle, general support
  sles: {
    "11.4": "2019-03-31",
    "12": "2016-06-30",
    "12.1": "2017-05-31",
    "12.2": "2018-03-31",
    "12.3": "2019-06-30",
    "12.4": "2020-06-30",
    "12.5": "2024-10-31",
    "15": "2019-12-31",
    "15.1": "2021-01-31",
    "15.2": "2021-12-31",
    "15.3": "2022-12-31",
    "15.4": "2023-12-31",
    "15.5": "2024-12-31",
    "15.6": "2025-12-31",
  },
  // https://github.com/vmware/photon/wiki
  photon: { "1.0": "2022-02-28", "2.0": "2022-12-31", "3.0": "2024-03-01" },
  // https://github.com/microsoft/azurelinux
  mariner: { "1.0": "2023-07-31", "2.0": "2025-07-31" },
};

/** What comes with the program is known of the end of a release. */
export function knownEnd(distro: string, release: string): ReleaseEnd | undefined {
  const [ends, endsForSubscribers] = ENDS[distro]?.[release]?.split(" ") ?? [];
  if (ends === undefined) return undefined;
  return { distro, release, ends, ...(endsForSubscribers === undefined ? {} : { endsForSubscribers }) };
}

/** @internal all of them, for tests */
export const knownEnds: readonly ReleaseEnd[] = Object.entries(ENDS).flatMap(([distro, releases]) =>
  Object.keys(releases).flatMap((release) => knownEnd(distro, release) ?? []),
);
