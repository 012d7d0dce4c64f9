import { fileTreeOf } from "@pratique/testkit";
import { expect, it } from "vitest";
import { FailureLog } from "../failure-log.ts";
import { detectDistro } from "./detect-distro.ts";

type Items = Parameters<typeof fileTreeOf>[0];

async function detect(items: Items) {
  return detectDistro(fileTreeOf(items), { log: new FailureLog() });
}

const BOOKWORM =
  'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\nID=debian\n';
const TRIXIE_SID = 'PRETTY_NAME="Debian GNU/Linux trixie/sid"\nVERSION_CODENAME=trixie\nID=debian\n';
const NOBLE = 'NAME="Ubuntu"\nVERSION_ID="24.04"\nVERSION_CODENAME=noble\nID=ubuntu\nID_LIKE=debian\n';
const STRETCH = 'VERSION_ID="9"\nVERSION="9 (stretch)"\nID=debian\n';

it.each<[string, Items, string, string, string | undefined]>([
  ["Debian", { "etc/os-release": BOOKWORM }, "debian", "12", "bookworm"],
  [
    "its point release",
    { "etc/os-release": BOOKWORM, "etc/debian_version": "12.5\n" },
    "debian",
    "12.5",
    "bookworm",
  ],
  [
    "a release to be",
    { "etc/os-release": TRIXIE_SID, "etc/debian_version": "trixie/sid\n" },
    "debian",
    "",
    "trixie",
  ],
  [
    "a point release of another",
    { "etc/os-release": BOOKWORM, "etc/debian_version": "11.9\n" },
    "debian",
    "12",
    "bookworm",
  ],
  [
    "a number that only begins alike",
    { "etc/os-release": BOOKWORM, "etc/debian_version": "120.1" },
    "debian",
    "12",
    "bookworm",
  ],
  ["an old Debian", { "etc/os-release": STRETCH }, "debian", "9", "stretch"],
  [
    "Ubuntu, not the Debian in it",
    { "etc/os-release": NOBLE, "etc/debian_version": "trixie/sid" },
    "ubuntu",
    "24.04",
    "noble",
  ],
  ["Debian without os-release", { "etc/debian_version": "10.13\n" }, "debian", "10.13", undefined],
  ["sid without os-release", { "etc/debian_version": "forky/sid\n" }, "debian", "", "forky"],
  [
    "Alpine",
    { "etc/os-release": "ID=alpine\nVERSION_ID=3.20.3\n", "etc/alpine-release": "3.20.3\n" },
    "alpine",
    "3.20.3",
    undefined,
  ],
  ["Alpine without os-release", { "etc/alpine-release": "3.4.6\n" }, "alpine", "3.4.6", undefined],
  [
    "Ubuntu without os-release",
    {
      "etc/lsb-release": "DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=12.04\nDISTRIB_CODENAME=precise\n",
      "etc/debian_version": "wheezy/sid",
    },
    "ubuntu",
    "12.04",
    "precise",
  ],
  [
    "CentOS with its minor release",
    {
      "etc/os-release": 'ID="centos"\nVERSION_ID="7"\n',
      "etc/centos-release": "CentOS Linux release 7.9.2009 (Core)\n",
    },
    "centos",
    "7.9.2009",
    undefined,
  ],
  [
    "Red Hat without os-release",
    { "etc/redhat-release": "Red Hat Enterprise Linux Server release 6.10 (Santiago)" },
    "rhel",
    "6.10",
    undefined,
  ],
  [
    "SUSE without os-release",
    { "etc/SuSE-release": "SUSE Linux Enterprise Server 11 (x86_64)\nVERSION = 11\nPATCHLEVEL = 4\n" },
    "sles",
    "11.4",
    undefined,
  ],
  [
    "Rocky Linux with its minor release",
    {
      "etc/os-release": 'ID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.4"\n',
      "etc/rocky-release": "Rocky Linux release 9.4 (Blue Onyx)\n",
      "etc/redhat-release": { symlink: "rocky-release" },
    },
    "rocky",
    "9.4",
    undefined,
  ],
  [
    "AlmaLinux without os-release",
    { "etc/almalinux-release": "AlmaLinux release 8.10 (Cerulean Leopard)\n" },
    "almalinux",
    "8.10",
    undefined,
  ],
  [
    "Amazon Linux without os-release",
    { "etc/system-release": "Amazon Linux release 2023.5.20240708 (Amazon Linux)\n" },
    "amzn",
    "2023.5.20240708",
    undefined,
  ],
  [
    "Fedora without os-release",
    { "usr/lib/fedora-release": "Fedora release 40 (Forty)\n" },
    "fedora",
    "40",
    undefined,
  ],
  [
    "openSUSE Leap",
    { "etc/os-release": 'ID="opensuse-leap"\nID_LIKE="suse opensuse"\nVERSION_ID="15.6"\n' },
    "opensuse-leap",
    "15.6",
    undefined,
  ],
  [
    "Photon OS without os-release",
    { "etc/photon-release": "VMware Photon OS 4.0\nPHOTON_BUILD_NUMBER=1526e30ba\n" },
    "photon",
    "4.0",
    undefined,
  ],
  [
    "Mariner with its build",
    {
      "etc/os-release": 'ID=mariner\nVERSION_ID="2.0"\n',
      "etc/mariner-release": "CBL-Mariner 2.0.20240112\n",
    },
    "mariner",
    "2.0.20240112",
    undefined,
  ],
  [
    "Azure Linux without os-release",
    { "etc/azurelinux-release": "Microsoft Azure Linux 3.0.20240727\n" },
    "azurelinux",
    "3.0.20240727",
    undefined,
  ],
  [
    "one that nobody knows",
    { "etc/os-release": "ID=templeos\nVERSION_ID=5.03\n" },
    "templeos",
    "5.03",
    undefined,
  ],
  ["what lies below usr", { "usr/lib/os-release": BOOKWORM }, "debian", "12", "bookworm"],
  [
    "what a symlink leads to",
    { "usr/lib/os-release": BOOKWORM, "etc/os-release": { symlink: "../usr/lib/os-release" } },
    "debian",
    "12",
    "bookworm",
  ],
  ["an id in capitals", { "etc/os-release": "ID=Debian\nVERSION_ID=12\n" }, "debian", "12", undefined],
])("knows %s", async (_, items, id, version, codename) => {
  const distro = await detect(items);
  expect([distro?.id, distro?.version, distro?.codename]).toEqual([id, version, codename]);
});

it("tells the name, and what it is like", async () => {
  expect(await detect({ "etc/os-release": NOBLE })).toMatchObject({ name: "Ubuntu", idLike: ["debian"] });
});

it.each<[string, Items]>([
  ["no file", {}],
  [
    "files that say nothing",
    { "etc/os-release": "", "etc/debian_version": "", "etc/redhat-release": "My Linux 1" },
  ],
  ["a symlink to nowhere", { "etc/os-release": { symlink: "/proc/x" } }],
])("knows nothing from %s", async (_, items) => {
  expect(await detect(items)).toBeUndefined();
});

it.each([
  ["an id with a slash", "ID=../x\nVERSION_ID=1\n"],
  ["an id without end", `ID=${"a".repeat(1000)}\n`],
  ["a version with a line separator", "ID=debian\nVERSION_ID='1\u20282'\n"],
])("records, and does not take, %s", async (_, text) => {
  const log = new FailureLog();
  expect(await detectDistro(fileTreeOf({ "etc/os-release": text }), { log })).toBeUndefined();
  expect(log.list()).toEqual([expect.objectContaining({ code: "DISTRO_UNKNOWN" })]);
});

it("records a file that is too long, and asks the next", async () => {
  const log = new FailureLog();
  const tree = fileTreeOf({ "etc/os-release": "#".repeat(100_000), "etc/alpine-release": "3.20.3\n" });
  expect(await detectDistro(tree, { log })).toMatchObject({ id: "alpine" });
  expect(log.list()).toEqual([expect.objectContaining({ code: "FILE_UNREADABLE", path: "etc/os-release" })]);
});

const ALPINE_RELEASE = "ID=alpine\nVERSION_ID=3.19.1\n";
const CDN = "https://dl-cdn.alpinelinux.org/alpine";

it.each([
  ["of another branch", `${CDN}/edge/main\n${CDN}/edge/community\n`, "edge"],
  ["of an older release", `# comment\nhttp://mirror.example/v3.18/main/\n`, "v3.18"],
  ["of the same branch", `${CDN}/v3.19/main\n${CDN}/v3.19/community\n`, undefined],
  ["of several branches", `${CDN}/v3.19/main\n${CDN}/edge/main\n`, undefined],
  ["of another branch that has a tag", `${CDN}/v3.19/main\n@edge ${CDN}/edge/main\n`, undefined],
  ["without a branch", "/media/cdrom/apks\n", undefined],
])("takes the branch of Alpine from repositories %s", async (_, repositories, branch) => {
  const distro = await detect({ "etc/os-release": ALPINE_RELEASE, "etc/apk/repositories": repositories });
  expect(distro).toEqual({ id: "alpine", version: "3.19.1", ...(branch !== undefined && { branch }) });
});

function status(value: unknown): Items {
  return { "etc/os-release": NOBLE, "var/lib/ubuntu-advantage/status.json": JSON.stringify(value) };
}

it("knows the services of Ubuntu Pro that are enabled", async () => {
  const services = [
    { name: "esm-infra", status: "enabled" },
    { name: "esm-apps", status: "enabled" },
    { name: "fips", status: "disabled" },
    { name: "bad name", status: "enabled" },
    "livepatch",
  ];
  expect(await detect(status({ attached: true, services }))).toMatchObject({
    services: ["esm-apps", "esm-infra"],
  });
});

it.each<[string, Items]>([
  ["not attached", status({ attached: false, services: [{ name: "esm-infra", status: "enabled" }] })],
  ["attached without a service", status({ attached: true, services: [] })],
  ["of another form", status(["esm-infra"])],
  ["no JSON", { ...status({}), "var/lib/ubuntu-advantage/status.json": "{" }],
])("takes nobody for a subscriber whose status is %s", async (_, items) => {
  expect(await detect(items)).not.toHaveProperty("services");
});

it("reads the subscription of Ubuntu only", async () => {
  const items = status({ attached: true, services: [{ name: "esm-infra", status: "enabled" }] });
  expect(await detect({ ...items, "etc/os-release": BOOKWORM })).not.toHaveProperty("services");
});
