import path from "node:path";
import type { FixtureRow } from "./fixture-row.ts";

const LOCK_FILE = "of a source tree; what an image has installed is read in its place";

/** Package databases of rpm, apk and dpkg that go-rpmdb, Syft and claircore keep. */
export const databaseRows: readonly FixtureRow[] = [
  packages("rpm", /(?:go-rpmdb|cataloger\/redhat)\/.*\/(?:Packages|Packages\.db|rpmdb\.sqlite)$/u, (file) =>
    path.join("var/lib/rpm", path.basename(file)),
  ),
  packages("rpm", /container-manifest-2$/u, () => "var/lib/rpmmanifest/container-manifest-2"),
  packages("dpkg", /claircore\/dpkg\/testdata\/.*\.status$/u, () => "var/lib/dpkg/status"),
  packages(
    "dpkg",
    /cataloger\/debian\/testdata\/(?:.*\/)?var\/lib\/dpkg\/status$/u,
    () => "var/lib/dpkg/status",
  ),
  packages(
    "dpkg",
    /cataloger\/debian\/testdata\/(?:.*\/)?var\/lib\/dpkg\/status\.d\/[^.]+(?:-1\.0)?$/u,
    (file) => path.join("var/lib/dpkg/status.d", path.basename(file)),
  ),
  packages("apk", /cataloger\/alpine\/testdata\/(?!.*\/glob-paths\/)/u, () => "lib/apk/db/installed"),
  {
    files: /\/(?:etc|usr\/lib)\/|releasefiles|osrelease/u,
    use: { kind: "tested", by: "packages/inventory" },
  },
  left(
    /txtar$|manifest\.json$|\/layers\/|dangling_symlink/u,
    "what claircore makes of images, without the images",
  ),
  left(/\.tar$|dnf-history/u, "which repositories are enabled; tests in packages/inventory build their own"),
  packages("opkg", /lib\/opkg\/status$/u, () => "usr/lib/opkg/status"),
  left(/glob-paths/u, "empty but for their names"),
  left(
    /copyright|conffiles|md5sums|preinst|\.control|info\//u,
    "lists of files; licences are read where they are asked for",
  ),
  left(/\.rpm$/u, "a package that is not installed"),
  left(/LICENSE$|\.gitignore$|README|want$|fetch\/|\.bin$|indexreport/u, "no package database"),
];

/** Files of some 25 kinds of packages that Trivy keeps. */
export const trivyRows: readonly FixtureRow[] = [
  packages("apk", /fanal\/analyzer\/pkg\/apk\/testdata\/apk$/u, () => "lib/apk/db/installed"),
  { files: /fanal\/analyzer\/pkg\/dpkg\/.*\.txtar$/u, use: { kind: "tree", cataloger: "dpkg" } },
  packages("dotnet", /core_deps\/testdata\/.*\.deps\.json$/u, (file) =>
    path.join("app", path.basename(file)),
  ),
  packages("npm", /nodejs\/packagejson\/testdata\//u, () => "app/node_modules/a/package.json"),
  packages("php", /composer-vendor\/installed\.json$/u, () => "app/vendor/composer/installed.json"),
  {
    files: /(?:^pkg\/sbom\/|fixtures\/sbom\/|analyzer\/sbom\/|artifact\/sbom\/).*\.(?:json|xml|spdx)$/u,
    use: { kind: "sbom" },
  },
  {
    files: /fanal\/test\/testdata\/alpine-3\d+\.tar\.gz/u,
    use: { kind: "tested", by: "packages/inventory" },
  },
  left(
    /^pkg\/vex\//u,
    "documents about made-up products; 15,304 real statements are read in packages/matching",
  ),
  left(/fanal\/test\/testdata\//u, "layouts of images, all but two broken on purpose"),
  packages("conda", /(?:conda-meta|conda\/meta\/testdata)\/[^/]+\.json$/u, (file) =>
    path.join("opt/conda/conda-meta", path.basename(file)),
  ),
  packages("cocoapods", /cocoapods\/(?:testdata\/[^/]+|Podfile)\.lock$/u, () => "app/Pods/Manifest.lock"),
  packages(
    "dart",
    /(?:dart\/pub\/testdata\/[^/]+|pubspec)\.lock$/u,
    () => "app/pubspec.lock",
    "app/.dart_tool/package_config.json",
  ),
  packages(
    "swift",
    /repo\/swift\/Package\.resolved$/u,
    () => "app/Package.resolved",
    "app/.build/workspace-state.json",
  ),
  left(/^integration\/testdata\/fixtures\/repo\/|^pkg\/dependency\/parser\//u, LOCK_FILE),
  left(/^integration\/testdata\/fixtures\/(?:vex|config)/u, "documents about made-up products"),
  left(
    /\.golden$|^integration\/testdata\/fixtures\/db\/|^pkg\/detector\/|\.rego$/u,
    "Trivy's own database, and what it makes of it",
  ),
  left(/bottlerocket/u, "Bottlerocket: no cataloger"),
  left(/copyright$/u, "licences, read where they are asked for"),
  left(/^integration\/testdata\/fixtures\/k8s/u, "settings of Kubernetes"),
  left(/^integration\/|fanal\/artifact\/|LICENSE|NOTICE|sbom/u, "no package database"),
];

/** `beside` is what shows that a lock file was carried out. */
function packages(
  cataloger: string,
  files: RegExp,
  at: (file: string) => string,
  beside?: string,
): FixtureRow {
  return { files, use: { kind: "packages", cataloger, at, beside } };
}

function left(files: RegExp, why: string): FixtureRow {
  return { files, use: { kind: "left", why } };
}
