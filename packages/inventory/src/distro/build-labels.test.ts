import { fileTreeOf } from "@pratique/testkit";
import { expect, it } from "vitest";
import { catalog } from "../catalog.ts";

const release = { "etc/os-release": 'ID="rhel"\nVERSION_ID="8.6"\n' };
const BASE = "cpe:/o:redhat:enterprise_linux:8::baseos";
const EUS = "cpe:/a:redhat:rhel_eus:8.6::appstream";

async function cpes(files: Parameters<typeof fileTreeOf>[0]) {
  const { distro } = await catalog(fileTreeOf({ ...release, ...files }));
  return distro?.cpes;
}

const older = `FROM sha256:1
ENV container oci
LABEL com.redhat.component="ubi8-container" \\
      name="ubi8" \\
      cpe="${BASE}" \\
      version="8.6"
RUN echo 'LABEL cpe="cpe:/o:redhat:nothing:1"'
`;

it("joins the labels of all builds, old and new", async () => {
  expect(
    await cpes({
      "root/buildinfo/Dockerfile-ubi8-8.6-754": older,
      "root/buildinfo/Dockerfile-mine-1-1": `LABEL "cpe"='${EUS}' "name"="mine"\n`,
      "usr/share/buildinfo/labels.json": JSON.stringify({ name: "ubi8", cpe: BASE }),
    }),
  ).toEqual([EUS, BASE]);
});

it.each([
  ["in the form of a single label", `LABEL cpe ${BASE}\n`],
  ["without quotes", `label name=ubi8 cpe=${BASE} version=8.6\n`],
  ["with line ends of Windows", `LABEL name="a" \\\r\n  cpe="${BASE}"\r\n`],
])("reads a label %s", async (_, text) => {
  expect(await cpes({ "root/buildinfo/Dockerfile-a-1-1": text })).toEqual([BASE]);
});

it.each([
  ["there is none", {}],
  ["another label has a name that ends alike", { "root/buildinfo/Dockerfile-a": `LABEL my.cpe="${BASE}"\n` }],
  ["it is none", { "root/buildinfo/Dockerfile-a": 'LABEL cpe="$CPE" \\\n name="\u001b[2J"\n' }],
  ["it is another maker's", { "root/buildinfo/Dockerfile-a": 'LABEL cpe="cpe:/o:oracle:linux:8"\n' }],
  ["the labels are no JSON", { "usr/share/buildinfo/labels.json": "{" }],
  ["the labels have another form", { "usr/share/buildinfo/labels.json": '{"cpe":[1]}' }],
  ["it lies elsewhere", { "root/buildinfo/more/Dockerfile-a": `LABEL cpe="${BASE}"\n` }],
  [
    "it is of another distribution",
    { "etc/os-release": "ID=fedora\n", "root/buildinfo/Dockerfile-a": older },
  ],
])("finds no product where %s", async (_, files) => {
  expect(await cpes(files)).toBeUndefined();
});
