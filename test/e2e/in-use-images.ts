import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { copyLibraries, makeMachineRoot } from "./machine-root.ts";

/** An image of which some packages are in use while its command runs, and others are not. */
export interface InUseImage {
  readonly reference: string;
  /** Programs of this machine that it is made with. */
  readonly tools: readonly string[];
  /** The packages that have a flaw, by the ecosystems that OSV knows them in. */
  readonly flawed: Readonly<Record<string, readonly string[]>>;
  readonly command: readonly string[];
  /** Fills a root; what it only works with goes to `work`. */
  readonly makeRoot: (root: string, work: string) => void;
}

/** Why an image cannot be made here; undefined where it can. */
export function imageUnavailable({ tools }: InUseImage): string | undefined {
  const missing = tools.find((name) => spawnSync("which", [name]).status !== 0);
  return missing === undefined ? undefined : `needs ${missing}`;
}

/** Says of all the packages that they have a flaw, as a file of OSV. */
export function advisoriesOf(images: readonly InUseImage[]): string {
  const named = images.flatMap(({ flawed }) =>
    Object.entries(flawed).flatMap(([ecosystem, names]) => names.map((name) => ({ ecosystem, name }))),
  );
  const records = named.map(({ ecosystem, name }, at) => ({
    id: `CVE-2026-${10_000 + at}`,
    affected: [
      {
        package: { ecosystem, name },
        ranges: [{ type: "ECOSYSTEM", events: [{ introduced: "0" }, { fixed: "9" }] }],
      },
    ],
  }));
  return records.map((record) => `${JSON.stringify(record)}\n`).join("");
}

type Files = Readonly<Record<string, readonly string[] | undefined>>;

/** Packages of dpkg, and the files that each installed; undefined of one without a list. */
const debianFiles: Files = {
  bash: ["/bin/busybox"],
  expat: ["/usr/lib/x86_64-linux-gnu/libexpat.so.1"],
  "libshop-perl": ["/usr/bin/shop-tool", "/usr/share/perl5/Shop.pm"],
  glibc: ["/usr/lib/x86_64-linux-gnu/libc.so.6", "/usr/share/doc/glibc/copyright"],
  openssl: undefined,
  "shop-once": ["/usr/bin/shop-once", "/usr/share/shop-once/once.sh"],
  "shop-tools": ["/usr/bin/shop-tools", "/usr/lib/shop-tools/serve.pl"],
  "shop-unused": ["/usr/bin/shop-unused", "/usr/lib/shop-unused/serve.pl"],
  zlib: ["/usr/lib/x86_64-linux-gnu/libz.so.1"],
};
/** A library that the image's command puts in the place of a package's. */
export const REPLACED = "/usr/lib/x86_64-linux-gnu/libz.so.1";

/**
 * Programs that are linked with the C library, one of them with a module that it has read, and one that is not linked; and
 * scripts that interpreters are given, of which one ends at once.
 */
export const debian: InUseImage = {
  reference: "debian-shop:1",
  tools: ["perl"],
  flawed: { "Debian:12": Object.keys(debianFiles) },
  command: [
    "sh",
    "-c",
    [
      `cp /lib/x86_64-linux-gnu/libc.so.6 ${REPLACED}`,
      "/usr/bin/sleep 1000 &",
      // What was put in the place of a package's file is not the image's.
      `LD_PRELOAD=${REPLACED} /usr/bin/sleep 1000 &`,
      "/usr/bin/perl -e 'use Shop; sleep 1000' &",
      "cd /usr/lib && /usr/bin/perl -w shop-tools/serve.pl &",
      "sh /usr/share/shop-once/once.sh",
      "wait",
    ].join("\n"),
  ],
  makeRoot: (root) => {
    makeMachineRoot(root, { programs: ["/usr/bin/perl", "/usr/bin/sleep"], passwd: [] });
    put(root, "usr/lib/x86_64-linux-gnu/libexpat.so.1", "nobody loads it");
    put(root, "usr/bin/shop-tool", "nobody runs it");
    put(root, "usr/share/perl5/Shop.pm", "package Shop; 1;\n");
    put(root, "usr/share/shop-once/once.sh", "true\n");
    // As servers do, it leaves the directory that its name was given in.
    put(root, "usr/lib/shop-tools/serve.pl", 'chdir "/"; sleep 1000;\n');
    put(root, "usr/lib/shop-unused/serve.pl", "sleep 1000;\n");
    putDpkg(root, debianFiles);
  },
};

/** The packages that a compiled program lies in, and the files of each. */
const shopFiles = (libraries: string) =>
  ({
    shop: ["/etc/shop.conf", "/usr/bin/shop"],
    libidle: [`/${libraries}/libidle.so.1`, `/${libraries}/libidle.so.1.0.0`],
    libused: [`/${libraries}/libused.so.1`, `/${libraries}/libused.so.1.0.0`],
    "shop-doc": ["/usr/share/doc/shop/README"],
  }) satisfies Files;
const shopPackages = Object.keys(shopFiles(""));

/** A program with a library of its own, in packages of apk. */
export const alpine: InUseImage = {
  reference: "alpine-shop:1",
  tools: ["cc"],
  flawed: { "Alpine:v3.20": ["busybox", ...shopPackages] },
  command: ["sh", "-c", "/usr/bin/shop & wait"],
  makeRoot: (root, work) => {
    makeMachineRoot(root, { programs: [], passwd: [] });
    buildProgram(root, { work, libraries: "usr/lib" });
    put(root, "etc/os-release", "ID=alpine\nVERSION_ID=3.20.1\n");
    const packages = Object.entries({ busybox: ["/bin/busybox", "/bin/sh"], ...shopFiles("usr/lib") });
    put(root, "lib/apk/db/installed", packages.map(recordOfApk).join("\n"));
  },
};

/** The same in packages that rpm itself built and installed. */
export const almalinux: InUseImage = {
  reference: "almalinux-shop:1",
  tools: ["cc", "rpmbuild", "rpm"],
  flawed: { "AlmaLinux:9": shopPackages },
  command: ["/usr/bin/shop"],
  makeRoot: (root, work) => {
    makeMachineRoot(root, { programs: [], passwd: [] });
    mkdirSync(path.join(root, "usr/lib64"));
    symlinkSync("usr/lib64", path.join(root, "lib64"));
    const built = path.join(work, "built");
    buildProgram(built, { work, libraries: "usr/lib64" });
    copyLibraries(path.join(built, "usr/bin/shop"), root);
    put(root, "etc/os-release", 'ID="almalinux"\nVERSION_ID="9.4"\n');
    installWithRpm(root, { work, built });
  },
};

const OPENJDK = "openjdk-17-jre-headless";
const JRE = "usr/lib/jvm/jre";
/** What a virtual machine of Java needs of its run time, to run a program without a screen. */
const JRE_FILES = ["bin/java", "lib/jvm.cfg", "lib/modules"];
const JRE_LIBRARIES = ["java", "jimage", "jli", "net", "nio", "verify", "zip", "server/libjvm"].map(
  (name) => `lib/${name.includes("/") ? name : `lib${name}`}.so`,
);
/** Archives that are searched before one that is needed, and between it and the next: applications have hundreds. */
const OTHER_ARCHIVES = { before: 90, between: 210 };

/** A program of Java that has a class of each of some archives, and of one inside its own. */
export const java: InUseImage = {
  reference: "java-shop:1",
  tools: ["java", "javac", "jar"],
  flawed: {
    "Debian:12": [OPENJDK, "libidle-java", "libused-java"],
    Maven: ["idle", "nested", "shop", "used"].map((name) => `com.example:${name}`),
  },
  command: [`/${JRE}/bin/java`, "-Xmx64m", "-jar", "/app/shop.jar"],
  makeRoot: (root, work) => {
    makeMachineRoot(root, { programs: [], passwd: [] });
    putJre(root);
    putArchives(root, work);
    putDpkg(root, {
      [OPENJDK]: [...JRE_FILES, ...JRE_LIBRARIES].map((file) => `/${JRE}/${file}`),
      "libidle-java": ["/usr/share/java/idle-1.0.jar", "/usr/share/java/idle.jar"],
      "libused-java": ["/usr/share/java/used-1.0.jar", "/usr/share/java/used.jar"],
    });
  },
};

export const images: readonly InUseImage[] = [almalinux, alpine, debian, java];

function put(root: string, name: string, content: string | Uint8Array): void {
  mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
  writeFileSync(path.join(root, name), content);
}

function putDpkg(root: string, packages: Files): void {
  put(root, "etc/os-release", 'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n');
  const stanzas = Object.entries(packages).map(([name, files]) => {
    if (files !== undefined) put(root, `var/lib/dpkg/info/${name}.list`, `${files.join("\n")}\n`);
    return `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.0-1\nMaintainer: Debian <debian@lists.debian.org>\n`;
  });
  put(root, "var/lib/dpkg/status", stanzas.join("\n"));
}

/** A record of the database of what apk has installed: each directory, and the files in it. */
function recordOfApk([name, files = []]: readonly [string, readonly string[] | undefined]): string {
  const directories = new Set(files.map((file) => path.dirname(file)));
  const listed = [...directories].flatMap((directory) => [
    `F:${directory.slice(1)}`,
    ...files
      .filter((file) => path.dirname(file) === directory)
      .flatMap((file) => [`R:${path.basename(file)}`, "a:0:0:755"]),
  ]);
  return [`P:${name}`, "V:1.0-r0", "A:x86_64", `o:${name}`, ...listed, ""].join("\n");
}

interface Building {
  readonly work: string;
  /** Where libraries lie, from the root. */
  readonly libraries: string;
}

/** Compiles a program that waits, the library that it is linked with, and another one. */
function buildProgram(root: string, { work, libraries }: Building): void {
  put(work, "library.c", "int answer(void) { return 42; }\n");
  put(
    work,
    "shop.c",
    "#include <unistd.h>\nint answer(void);\nint main(void) { while (answer()) pause(); return 0; }\n",
  );
  put(root, "etc/shop.conf", "");
  put(root, "usr/share/doc/shop/README", "");
  const at = (name: string) => path.join(root, libraries, name);
  mkdirSync(at("."), { recursive: true });
  for (const name of ["libidle", "libused"]) {
    const flags = ["-shared", "-fPIC", `-Wl,-soname,${name}.so.1`];
    execFileSync("cc", [...flags, "-o", at(`${name}.so.1.0.0`), path.join(work, "library.c")]);
    symlinkSync(`${name}.so.1.0.0`, at(`${name}.so.1`));
  }
  const program = path.join(root, "usr/bin/shop");
  mkdirSync(path.dirname(program), { recursive: true });
  const sources = [path.join(work, "shop.c"), at("libused.so.1")];
  execFileSync("cc", ["-o", program, ...sources, `-Wl,-rpath,/${libraries}`]);
  copyLibraries(program, root);
}

interface Rpm {
  readonly work: string;
  /** The root that the packages are made of. */
  readonly built: string;
}

function installWithRpm(root: string, { work, built }: Rpm): void {
  const { shop, ...others } = shopFiles("usr/lib64");
  const spec = [
    "Name: shop\nVersion: 1.0\nRelease: 1.el9\nSummary: shop\nLicense: MIT\nVendor: AlmaLinux",
    "%description\nshop",
    ...Object.keys(others).map(
      (name) => `%package -n ${name}\nSummary: ${name}\n%description -n ${name}\n${name}`,
    ),
    `%install\nmkdir -p %{buildroot}\ncp -a ${built}/etc ${built}/usr %{buildroot}`,
    "%files",
    ...shop,
    ...Object.entries(others).flatMap(([name, files]) => [`%files -n ${name}`, ...files]),
    "",
  ];
  put(work, "shop.spec", spec.join("\n"));
  const top = path.join(work, "rpm");
  const define = ["--define", `_topdir ${top}`, "--define", "_build_id_links none"];
  execFileSync("rpmbuild", ["-bb", "--quiet", ...define, path.join(work, "shop.spec")], { stdio: "pipe" });
  const found = execFileSync("find", [top, "-name", "*.rpm"], { encoding: "utf8" }).trim().split("\n");
  execFileSync("rpm", ["--root", root, "--dbpath", "/var/lib/rpm", "-i", "--nodeps", ...found], {
    stdio: "pipe",
  });
}

/** The run time of this machine, without what nobody needs. */
function putJre(root: string): void {
  const which = execFileSync("which", ["java"], { encoding: "utf8" }).trim();
  const home = path.resolve(realpathSync(which), "../..");
  for (const file of [...JRE_FILES, ...JRE_LIBRARIES]) {
    const target = path.join(root, JRE, file);
    mkdirSync(path.dirname(target), { recursive: true });
    copyFileSync(path.join(home, file), target);
    if (file.endsWith(".so") || file === "bin/java") copyLibraries(path.join(home, file), root);
  }
}

/** Classes of the program, and one of each of its libraries. */
const sources: Readonly<Record<string, string>> = {
  "shop/Main.java": `package shop;
import java.util.jar.*;
public class Main extends ClassLoader {
  public static void main(String[] words) throws Exception {
    new used.Library();
    new packed.Library();
    new Main().findClass("nested.Library").getConstructor().newInstance();
    Thread.sleep(Long.MAX_VALUE);
  }
  protected Class<?> findClass(String name) throws ClassNotFoundException {
    try (var archive = new JarInputStream(Main.class.getResourceAsStream("/BOOT-INF/lib/nested.jar"))) {
      for (JarEntry entry; (entry = archive.getNextJarEntry()) != null; ) {
        if (!entry.getName().equals(name.replace('.', '/') + ".class")) continue;
        byte[] content = archive.readAllBytes();
        return defineClass(name, content, 0, content.length);
      }
    } catch (java.io.IOException cause) { throw new ClassNotFoundException(name, cause); }
    throw new ClassNotFoundException(name);
  }
}`,
  ...Object.fromEntries(
    ["idle", "nested", "packed", "used"].map((name) => [
      `${name}/Library.java`,
      `package ${name};\npublic class Library {}\n`,
    ]),
  ),
};

/** Archives as Maven makes them: the program's own says where the others are, and one lies in it as Spring Boot packs them. */
function putArchives(root: string, work: string): void {
  for (const [file, text] of Object.entries(sources)) put(work, file, text);
  const files = Object.keys(sources).map((file) => path.join(work, file));
  execFileSync("javac", ["-d", path.join(work, "classes"), ...files]);
  const library = (name: string, target: string) =>
    packArchive(target, { work, artifact: name, words: ["-C", path.join(work, "classes"), name] });
  const at = (name: string) => path.join(root, name);
  for (const name of ["app/lib", "app/other", "usr/share/java"]) mkdirSync(at(name), { recursive: true });
  for (const name of ["idle", "used"]) {
    library(name, at(`app/lib/${name}.jar`));
    symlinkSync(`${name}-1.0.jar`, at(`usr/share/java/${name}.jar`));
  }
  copyFileSync(at("app/lib/idle.jar"), at("usr/share/java/idle-1.0.jar"));
  library("packed", at("usr/share/java/used-1.0.jar"));
  put(work, "other.txt", "");
  execFileSync("jar", ["--create", "--file", path.join(work, "other.jar"), "-C", work, "other.txt"]);
  const others = (from: number, count: number) =>
    Array.from({ length: count }, (_, number) => `other/${from + number}.jar`);
  const { before, between } = OTHER_ARCHIVES;
  for (const name of others(0, before + between))
    copyFileSync(path.join(work, "other.jar"), at(`app/${name}`));
  library("nested", path.join(work, "BOOT-INF/lib/nested.jar"));
  const archives = [
    ...others(0, before),
    "lib/used.jar",
    ...others(before, between),
    "/usr/share/java/used.jar",
    // Nothing is looked for when all of these have been searched.
    "lib/idle.jar",
    "/usr/share/java/idle.jar",
  ];
  put(work, "manifest", `Main-Class: shop.Main\n${classPathOf(archives)}\n`);
  const own = ["-C", path.join(work, "classes"), "shop", "-C", work, "BOOT-INF"];
  packArchive(at("app/shop.jar"), {
    work,
    artifact: "shop",
    words: ["--manifest", path.join(work, "manifest"), ...own],
  });
}

interface Packing {
  readonly work: string;
  readonly artifact: string;
  /** More words for the tool that packs: what it is to take. */
  readonly words: readonly string[];
}

/** Packs what it is told to, and Maven's descriptor. */
function packArchive(target: string, { work, artifact, words }: Packing): void {
  const descriptors = path.join(work, "descriptors", artifact);
  put(
    descriptors,
    `META-INF/maven/com.example/${artifact}/pom.properties`,
    `groupId=com.example\nartifactId=${artifact}\nversion=1.0\n`,
  );
  mkdirSync(path.dirname(target), { recursive: true });
  execFileSync("jar", ["--create", "--file", target, ...words, "-C", descriptors, "META-INF/maven"]);
}

/** No line of a manifest may be longer than 72 bytes. */
function classPathOf(paths: readonly string[]): string {
  return `Class-Path: ${paths.join(" ")}`.match(/.{1,70}/gu)?.join("\n ") ?? "";
}
