import type { Classifier } from "./classifier.ts";
import { javaVersionOf } from "./java-version.ts";

/** A version of OpenSSL with its date. */
const OPENSSL = String.raw`OpenSSL (?<version>\d\.\d+\.\d+(?:[a-z]{1,2})?(?:-(?:alpha|beta|rc)\d+)?(?:\+quic)?)(?:-fips)? {1,2}\d{1,2} [A-Z][a-z]{2} 20\d\d`;

/** How texts begin that are versions of Chrome: there is none with a fixed text beside it. */
const CHROME_TOKENS = Array.from({ length: 200 }, (_, index) => `\0${index + 60}.0.`);

/** How texts begin that are versions of Envoy: zlib, which is in it as well, has not come as far. */
const ENVOY_TOKENS = Array.from({ length: 94 }, (_, index) => `\x001.${index + 6}.`);

/** Sorted by program. Each is tested with bytes as the real program holds them. */
export const classifiers: readonly Classifier[] = [
  // What(1) finds it: `@(#)Bash version 5.2.37(1) release GNU`.
  {
    program: "bash",
    tokens: ["@(#)Bash version "],
    banner: /@\(#\)Bash version (?<version>\d+\.\d+\.\d+)\(\d+\) [a-z]+\d* GNU/u,
  },
  {
    program: "bind",
    tokens: ["named version: BIND "],
    banner: /named version: BIND (?<version>9\.\d+\.\d+(?:-P\d+)?)/u,
  },
  // Also in what it has compiled to one program, which has another name.
  {
    program: "bun",
    tokens: ["://github.com/oven-sh/bun/releases/download/bun-v"],
    banner: /:\/\/github\.com\/oven-sh\/bun\/releases\/download\/bun-v(?<version>\d+\.\d+\.\d+)\/bun-[a-z]/u,
  },
  {
    program: "bun",
    files: /^bunx?(?:\.exe)?$/u,
    tokens: ["Bun/1.", "Bun v1."],
    banner: /Bun(?:\/| v)(?<version>1\.\d+\.\d+)(?![\d.])/u,
    also: ["oven-sh/bun"],
  },
  // Its applets quote the version of others; its own has a time or a builder behind it.
  {
    program: "busybox",
    files: /^busybox/u,
    tokens: ["\0BusyBox v"],
    banner: /\0BusyBox v(?<version>\d+\.\d+\.\d+) \([^)\0]{4,128}\)/u,
  },
  // The same version in several places; those of snapshots, and of other browsers that it speaks of, end in zero.
  {
    program: "chrome",
    files: /^(?:chrome|chromium|chromium-browser|(?:chrom(?:e|ium)-)?headless[-_]shell)(?:\.exe)?$/u,
    tokens: CHROME_TOKENS,
    banner: /\0(?<version>\d{2,3}\.0\.\d{4,5}\.[1-9]\d{0,2})\0/uy,
    also: ["chrome-error://chromewebdata/"],
    agreeing: true,
  },
  {
    program: "chrome",
    files: /^(?:chrom(?:e|ium)-)?headless[-_]shell$/u,
    tokens: ["\0Chrome/"],
    banner: /\0Chrome\/(?<version>\d{2,3}\.0\.\d{4,5}\.\d{1,3})\0/uy,
    also: ["chrome-error://chromewebdata/"],
    agreeing: true,
  },
  {
    program: "curl",
    tokens: ["CLIENT libcurl "],
    banner: /CLIENT libcurl (?<version>\d+\.\d+\.\d+)(?:-DEV)?\r?\n/u,
  },
  {
    program: "curl",
    tokens: ["\0curl "],
    files: /^curl(?:\.exe)?$/u,
    banner: /\0curl (?<version>\d+\.\d+\.\d+) \([^)\0]+\) %s/u,
  },
  // Also in what it has compiled to one program, which brings its runtime along.
  {
    program: "dart",
    tokens: [') on "linux_', ') on "windows_', ') on "macos_'],
    banner:
      /\0(?<version>\d+\.\d+\.\d+(?:-\d+\.\d+\.(?:beta|dev))?) \((?:stable|beta|dev)\) \([A-Z][a-z]{2} [A-Z][a-z]{2} [^)\0]{16,24}\) on "/u,
  },
  // A library in it calls itself `OTel-OTLP-Exporter-Deno/0.80.0`.
  {
    program: "deno",
    files: /^deno(?:\.exe)?$/u,
    tokens: ["Deno/"],
    banner: /(?<!-)Deno\/(?<version>\d+\.\d+\.\d+)(?![\d.])/u,
    also: ["https://deno.land/"],
  },
  {
    program: "dnsmasq",
    files: /^dnsmasq/u,
    tokens: ["\0dnsmasq-"],
    banner: /\0dnsmasq-(?<version>\d+\.\d+(?:rc\d+)?)\0/u,
    also: ["Simon Kelley"],
  },
  // It stands apart from all that would tell whose it is, so that no other may be there. Of Istio's builds it ends in `-dev`.
  {
    program: "envoy",
    files: /^envoy(?:-contrib)?(?:\.exe)?$/u,
    tokens: ENVOY_TOKENS,
    banner: /\0(?<version>1\.\d{1,2}\.\d{1,2}(?:-dev)?)\0/uy,
    also: ["envoy.transport_sockets."],
    agreeing: true,
  },
  {
    program: "expat",
    files: /expat/u,
    tokens: ["\0expat_2."],
    banner: /\0expat_(?<version>2\.\d+\.\d+)\0/u,
  },
  // In each of its libraries, and in what is linked with them. What was built from a branch is named by its commit.
  {
    program: "ffmpeg",
    tokens: ["FFmpeg version "],
    banner: /FFmpeg version n?(?<version>\d+\.\d+(?:\.\d+)?)(?![\d.])/u,
  },
  {
    program: "fluent-bit",
    files: /^(?:fluent-bit|libfluent-bit\.so.*)$/u,
    tokens: ["Fluent Bit"],
    banner: /\0(?<version>\d+\.\d+\.\d+)\0{1,4}(?:%s)?Fluent Bit/u,
    also: ["https://fluentbit.io"],
  },
  // The driver: whoever built it stands behind the version, `(GCC) ` where nobody says anything else.
  {
    program: "gcc",
    files: /(?:^|-)(?:gcc|g\+\+|c\+\+|gfortran|gdc|cpp)(?:-\d[\d.]*)?(?:\.exe)?$/u,
    tokens: [") \0"],
    banner: /\0(?<version>\d{1,2}\.\d+\.\d+)\0\([^()\0]{3,80}\) \0/u,
    also: ["gcc version %s %s\n"],
  },
  {
    program: "ghc",
    files: /^(?:ghc|libHSghc)-\d/u,
    tokens: ["The Glorious Glasgow Haskell Compilation System "],
    banner: /The Glorious Glasgow Haskell Compilation System (?<version>\d+\.\d+\.\d+)\0/u,
  },
  {
    program: "gzip",
    files: /^gzip(?:\.exe)?$/u,
    tokens: ["\x001."],
    banner: /\0(?<version>1\.\d+(?:\.\d+)?)\0/u,
    also: ["Report bugs to <bug-gzip@gnu.org>"],
  },
  {
    program: "haproxy",
    tokens: [", released 20"],
    banner: /version (?<version>\d+\.\d+(?:\.\d+|-dev\d+))[^,\0]{0,40}, released 20\d\d\/\d\d\/\d\d/u,
    also: ["://www.haproxy.org/"],
  },
  {
    program: "httpd",
    files: /^(?:httpd|apache2?)/u,
    tokens: ["\0Apache/2."],
    banner: /\0Apache\/(?<version>2\.\d+\.\d+)(?: \([^)\0]{1,128}\))?\0/u,
    also: [' -D HTTPD_ROOT="'],
  },
  {
    program: "jq",
    files: /^(?:jq(?:[-_].*)?|jq\.exe)$/u,
    tokens: ["\x001."],
    banner: /\0(?<version>1\.\d+(?:\.\d+)?(?:rc\d+)?)\0/u,
    also: ["commandline JSON processor [version %s]"],
  },
  // The name of the file and a text in it agree.
  {
    program: "julia",
    files: /^libjulia-internal\.so\.\d+\.\d+\.\d+$/u,
    tokens: ["\x000.", "\x001.", "\x002."],
    banner: juliaBanner,
    also: ["JULIA_NUM_THREADS"],
  },
  {
    program: "lighttpd",
    tokens: [" - a light and fast webserver"],
    banner: /lighttpd\/(?<version>\d+\.\d+\.\d+)(?: \(ssl\))? - a light and fast webserver/u,
  },
  {
    program: "mariadb",
    files: /^(?:mariadb|mysql|libmariadb)/u,
    tokens: ["-MariaDB"],
    banner: /\0(?:5\.5\.5-)?(?<version>\d{1,2}\.\d+\.\d+)-MariaDB[^\0 ]{0,64}\0/u,
    also: ["MariaDB Corporation Ab"],
  },
  {
    program: "memcached",
    tokens: ["\0memcached 1."],
    banner: /\0memcached (?<version>1\.\d+\.\d+)\n?\0/u,
  },
  // Behind it stand names of what it tells of its build. Percona's number of the build is none of the version.
  {
    program: "mongodb",
    files: /^mongo[ds]?(?:\.exe)?$/u,
    tokens: ["\0tcmalloc", "\0heap_size", "\0cppdefines"],
    banner: /\0(?<version>\d+\.\d+\.\d+(?:-rc\d+)?)(?:-\d{1,3})?\0{1,8}(?:tcmalloc|heap_size|cppdefines)/u,
    also: ["src/mongo/"],
  },
  // The path of a source file of the release that was built.
  {
    program: "mysql",
    files: /^mysqld?$/u,
    tokens: ["/mysql-"],
    banner: /\/mysql-(?<version>\d+\.\d+\.\d+)(?:-[a-z]+)?\/[\w./-]+/u,
    also: ["Oracle is a registered trademark of Oracle Corporation"],
  },
  {
    program: "nginx",
    tokens: ["nginx version: nginx/"],
    banner: /nginx version: nginx\/(?<version>\d+\.\d+\.\d+)/u,
  },
  // What speaks its language quotes the address, too, and is built from other sources.
  {
    program: "node",
    tokens: ["://nodejs.org/download/release/v"],
    banner:
      /:\/\/nodejs\.org\/download\/release\/v(?<version>\d+\.\d+\.\d+)\/node-v\k<version>-headers\.tar\.gz/u,
    also: ["src/node_contextify.cc"],
  },
  {
    program: "openjdk",
    files: /^libjvm\.so$/u,
    tokens: ["-Bit Server VM ("],
    banner:
      /-Bit Server VM \([^)\0]{1,128}\) for [\w-]{1,64} JRE \((?<version>1\.[5-8]\.\d{1,8}_\d{1,8}|\d{1,8}(?:\.\d{1,8}){0,8})[^)\0]{0,128}\)/u,
    versionOf: ({ version = "" }) => javaVersionOf(version),
  },
  {
    program: "openresty",
    tokens: ["nginx version: openresty/"],
    banner: /nginx version: openresty\/(?<version>\d+\.\d+\.\d+\.\d+)/u,
  },
  {
    program: "openssh",
    files: /^sshd?(?:-session|-auth)?$/u,
    tokens: ["\0OpenSSH_"],
    banner: /\0OpenSSH_(?<version>\d+\.\d+(?:\.\d+)?p\d+)[\0 ]/u,
  },
  // Whoever was compiled with its headers holds the first text; only the library itself holds the second. Linkers put them in
  // either order, those of OpenSSL 3 close together.
  {
    program: "openssl",
    tokens: ['OPENSSLDIR: "'],
    banner: new RegExp(`${OPENSSL}[^]*OPENSSLDIR: "|OPENSSLDIR: "[^]*${OPENSSL}`, "u"),
  },
  {
    program: "openssl",
    tokens: ["OpenSSL 0.9.", "OpenSSL 1.0.", "OpenSSL 1.1.", "OpenSSL 3.", "OpenSSL 4."],
    banner: new RegExp(OPENSSL, "u"),
    also: ['OPENSSLDIR: "'],
    agreeing: true,
  },
  {
    program: "perl",
    tokens: ["This is perl 5, version "],
    banner: /This is perl (?<major>5), version (?<minor>\d+), subversion (?<patch>\d+) \(/u,
    versionOf: ({ major, minor, patch }) => `${major}.${minor}.${patch}`,
  },
  {
    program: "php",
    tokens: ["X-Powered-By: PHP/"],
    banner: /X-Powered-By: PHP\/(?<version>\d+\.\d+\.\d+(?:(?:alpha|beta|RC)\d+)?)[^\d.]/u,
  },
  {
    program: "postgresql",
    tokens: ["\0postgres (PostgreSQL) "],
    banner: /\0postgres \(PostgreSQL\) (?<version>\d+(?:\.\d+){1,2}|\d+(?:beta|rc)\d+)/u,
  },
  {
    program: "proftpd",
    tokens: ["\0ProFTPD Version "],
    banner: /\0ProFTPD Version (?<version>\d+\.\d+\.\d+(?:[a-z]|rc\d+)?)\0/u,
  },
  {
    program: "pypy",
    files: /^(?:lib)?pypy/u,
    tokens: ["\n[PyPy "],
    banner: /\n\[PyPy (?<version>\d+\.\d+\.\d+(?:(?:a|b|rc)\d+)?)(?![\d.])/u,
  },
  // The linker may make one text of the version and the end of the prefix: `/opt/python/3.11.7`.
  {
    program: "python",
    files: /^(?:lib)?python[23](?:\.\d+)?(?:[a-z]{1,2})?(?:\.so.*)?$/u,
    tokens: ["\x002.", "\x003.", "/2.", "/3."],
    banner: pythonBanner,
    also: ["%.80s (%.80s) %.80s"],
  },
  // Version, host and time of the build, and the commit, which releases do not have: `7.2.4buildhost-1704894345000000000`.
  {
    program: "redis",
    files: /^redis-/u,
    tokens: ["00000000\0"],
    banner: buildIdOf("redis"),
    also: ["Redis is starting oO0OoO0OoO0Oo"],
  },
  {
    program: "ruby",
    files: /^(?:lib)?ruby/u,
    tokens: [" revision "],
    banner:
      /\0ruby (?<version>\d+\.\d+\.\d+)(?:p\d+|(?:preview|rc)\d+)? \(\d{4}-\d\d-\d\d(?:T[\d:]+Z)?(?: [\w./-]+)? revision [0-9a-f]+\) \[/u,
    also: [" Yukihiro Matsumoto"],
  },
  // The compiler, which is a library: `1.85.1 (4eb161250 2025-03-15)`.
  {
    program: "rust",
    files: /^(?:lib)?rustc_driver-[0-9a-f]+\.(?:so|dll)$/u,
    tokens: ["rustc 1."],
    banner:
      /rustc (?<version>1\.\d+\.\d+(?:-(?:beta(?:\.\d+)?|nightly))?) \([0-9a-f]{9,10} 20\d\d-\d\d-\d\d\)/u,
    also: ["compiler/rustc_"],
  },
  {
    program: "sqlite",
    files: /^(?:libsqlite3\.so.*|sqlite3)$/u,
    tokens: ["\x003."],
    banner: /\0(?<version>3\.\d+\.\d+)\0/u,
    also: ["SQLite format 3\0"],
  },
  {
    program: "unbound",
    files: /^unbound$/u,
    tokens: ["\0unbound 1."],
    banner: /\0unbound (?<version>1\.\d+\.\d+)(?:rc\d+)?\0/u,
    also: ["start of service (%s)."],
  },
  {
    program: "valkey",
    files: /^valkey-/u,
    tokens: ["00000000\0"],
    banner: buildIdOf("valkey"),
    also: ["Valkey is starting oO0OoO0OoO0Oo"],
  },
  {
    program: "varnish",
    files: /^varnishd$/u,
    tokens: [" revision "],
    banner: /\(varnish-(?<version>\d+\.\d+\.\d+) revision [0-9a-f]{40}\)/u,
  },
  {
    program: "xz",
    tokens: ["\0xz (XZ Utils) "],
    banner: /\0xz \(XZ Utils\) (?<version>\d+\.\d+\.\d+)(?:alpha|beta)?\0/u,
  },
  {
    program: "xz",
    files: /^liblzma\.so/u,
    tokens: ["\x005."],
    banner: /\0(?<version>5\.\d+\.\d+)\0/u,
    also: ["lzma_version_string"],
  },
  // A fourth number is of what is between releases, and of forks: `1.3.0.1-motley`.
  {
    program: "zlib",
    tokens: [" Copyright 1995-20"],
    banner: / deflate (?<version>1(?:\.\d+){1,2}) Copyright 1995-20\d\d Jean-loup Gailly/u,
  },
  {
    program: "zstd",
    files: /^(?:zstd|zstdmt|unzstd|zstdcat)$/u,
    tokens: ["\0v1."],
    banner: /\0v(?<version>1\.\d+\.\d+)\0/u,
    also: ["Yann Collet"],
  },
];

function juliaBanner(name: string): RegExp {
  const version = /(?<!\d)\d+\.\d+\.\d+$/u.exec(name)?.[0].replaceAll(".", String.raw`\.`) ?? "";
  return new RegExp(String.raw`\0(?<version>${version})\0`, "u");
}

function pythonBanner(name: string): RegExp {
  const minor = /\d\.\d+/u.exec(name)?.[0].replace(".", String.raw`\.`) ?? String.raw`[23]\.\d+`;
  return new RegExp(String.raw`[\0/](?<version>${minor}\.\d+(?:(?:a|b|rc)\d+)?)\+?\0`, "u");
}

/** The host is missing where a distribution builds reproducibly; one of Docker has twelve digits in base 16. */
function buildIdOf(prefix: string): RegExp {
  return new RegExp(
    String.raw`\0(?:${prefix})?(?<version>\d{1,2}\.\d{1,2}\.\d{1,2}?)` +
      String.raw`(?:[0-9a-f]{12}-|[A-Za-z][\w.-]{0,63}-)?1\d{9}\d0{8}\0`,
    "u",
  );
}
