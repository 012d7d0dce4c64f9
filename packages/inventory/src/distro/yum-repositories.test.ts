import { fileTreeOf } from "@pratique/testkit";
import { expect, it } from "vitest";
import { catalog } from "../catalog.ts";

const release = { "etc/os-release": 'ID="rhel"\nVERSION_ID="8.6"\n' };

async function contentSets(files: Parameters<typeof fileTreeOf>[0]) {
  const { distro } = await catalog(fileTreeOf({ ...release, ...files }));
  return distro?.contentSets;
}

const redhat = `# managed
[rhel-8-for-x86_64-baseos-rpms]
name = Red Hat Enterprise Linux 8
enabled = 1

[rhel-8-for-x86_64-baseos-eus-rpms]
enabled=0
[said-twice-rpms]
enabled=1
enabled=False
[by-itself-rpms]
name=enabled = 0
`;

it("takes the repositories that are enabled where no manifest tells", async () => {
  expect(
    await contentSets({
      "etc/yum.repos.d/redhat.repo": redhat,
      "etc/yum.repos.d/ubi.repo": "[ubi-8-baseos-rpms]\r\nenabled: yes\r\n",
      "etc/yum.repos.d/old.repo.rpmsave": "[old-rpms]\n",
    }),
  ).toEqual(["by-itself-rpms", "rhel-8-for-x86_64-baseos-rpms", "ubi-8-baseos-rpms"]);
});

it("believes manifests, which tell what was installed and not what would be", async () => {
  const manifest = JSON.stringify({ content_sets: ["a-rpms"] });
  expect(
    await contentSets({
      "root/buildinfo/content_manifests/a.json": manifest,
      "etc/yum.repos.d/redhat.repo": redhat,
    }),
  ).toEqual(["a-rpms"]);
});

it.each([
  ["the settings of dnf alone", "[main]\ngpgcheck=1\n"],
  ["names that are none", "[a b]\nenabled=1\n[\u001b[2J]\n[]\n"],
  ["no section", "enabled=1\n"],
])("finds none in %s", async (_, text) => {
  expect(await contentSets({ "etc/yum.repos.d/a.repo": text })).toBeUndefined();
});

it("reads so many files and no more, and says so", async () => {
  const files = Object.fromEntries(
    Array.from({ length: 70 }, (_, at) => [`etc/yum.repos.d/${100 + at}.repo`, `[r${at}]\n`]),
  );
  const { distro, failures } = await catalog(fileTreeOf({ ...release, ...files }));
  expect(distro?.contentSets).toHaveLength(64);
  expect(failures).toContainEqual({
    code: "LIMIT_REACHED",
    message: "70 lists of repositories, of which 64 were read",
  });
});
