import { knownPrograms } from "@pratique/core";
import { expect, it } from "vitest";
import { elfOf } from "../../testdata/elf.ts";
import { excerptOf } from "../../testdata/inspect.ts";
import { classifiers } from "./classifiers.ts";
import { inspectPrograms } from "./inspect-programs.ts";

/** What a program of this name and with these constants is taken for. */
function seen(name: string, ...texts: readonly string[]): string[] {
  const constants = Buffer.from(
    `${"\0".repeat(40)}${texts.join("\0".repeat(9))}${"\0".repeat(300)}`,
    "latin1",
  );
  const program = elfOf({
    parts: [{ content: Buffer.alloc(5000, 0x90), executable: true }, { content: constants }],
  });
  const excerpt = excerptOf(inspectPrograms, program, { path: `usr/local/bin/${name}` });
  return Buffer.from(excerpt ?? [])
    .toString("latin1")
    .split("\n")
    .slice(0, -1)
    .map((line) => line.replace("\t", " "));
}

const OPENSSLDIR = '\0OPENSSLDIR: "/usr/lib/ssl"';

it.each([
  ["bash 5.2.37", "bash", ["@(#)Bash version 5.2.37(1) release GNU"]],
  ["bash 5.3.0", "sh", ["@(#)Bash version 5.3.0(1) beta GNU"]],
  ["bind 9.20.30", "named", ["named version: BIND 9.20.30-1~deb13u1-Debian <>"]],
  ["bind 9.18.1-P1", "named", ["named version: BIND 9.18.1-P1 (Extended Support Version) <id:>"]],
  [
    "bun 1.4.4",
    "compiled",
    [
      "https://nodejs.org/download/release/v26.3.0/node-v26.3.0-headers.tar.gz",
      "https://github.com/oven-sh/bun/releases/download/bun-v1.4.4/bun-linux-x64.zip",
    ],
  ],
  ["bun 1.0.25", "bun", ["Bun/1.0.25", "https://github.com/oven-sh/bun/issues"]],
  ["bun 1.1.0", "bunx", ["bun/1.1.0 npm/?", "Bun v1.1.0 (5903a614)", "https://github.com/oven-sh/bun"]],
  [
    "busybox 1.37.0",
    "busybox",
    ["syslogd started: BusyBox v1.36.0", "out of memory\0BusyBox v1.37.0 (Debian 1:1.37.0-6+b9)"],
  ],
  ["busybox 1.36.1", "busybox-x86_64", ["BusyBox v1.36.1 (2024-06-10 07:11:47 UTC)"]],
  [
    "chrome 156.0.8078.114",
    "chromium",
    [
      "about:\x00153.0.8010.0\0version",
      "ui-debounce-timer\x00156.0.8078.114\0commands",
      "D114\x00156.0.8078.114\0ecma-114",
      "chrome-error://chromewebdata/",
    ],
  ],
  [
    "chrome 153.0.8010.0",
    "headless_shell",
    ["v0.0\0Chrome/153.0.8010.0\x002025.1", "chrome-error://chromewebdata/"],
  ],
  // Of Debian: `Chrome/` stands by itself.
  [
    "chrome 156.0.8078.114",
    "chromium-headless-shell",
    ["51 4114\x00156.0.8078.114\0ecma-114\0Chrome/\0/org", "chrome-error://chromewebdata/"],
  ],
  ["curl 8.14.1", "libcurl.so.4.8.0", ["libcurl/8.14.1", "CLIENT libcurl 8.14.1\r\n%s\r\nQUIT\r\n"]],
  ["curl 8.14.1", "curl", ["curl 8.14.1 (x86_64-pc-linux-gnu) %s\n"]],
  ["deno 1.41.0", "deno", ["x-deno", "https://deno.land/", "Deno/1.41.0Deno.core"]],
  [
    "dart 3.13.7",
    "dart",
    ['too large"\x003.13.7 (stable) (Thu Oct 22 14:28:57 2026 -0700) on "linux_x64"\0Invalid access!'],
  ],
  [
    "dart 3.6.0-216.1.beta",
    "compiled-to-one",
    ['3.6.0-216.1.beta (beta) (Tue Oct  1 07:28:02 2024 -0700) on "linux_arm64"'],
  ],
  [
    "deno 2.9.6",
    "deno",
    [
      "OTel-OTLP-Exporter-Deno/0.80.0grpc-timeout",
      "https://deno.land/",
      "denover2.9.62.9.6+e518fbdDeno/2.9.6Deno/2.9.6+e518fbd",
      "`https://nodejs.org/download/release/v21.2.0/node-v21.2.0-headers.tar.gz`",
    ],
  ],
  ["dnsmasq 2.91", "dnsmasq", ["/etc/dnsmasq.conf\0dnsmasq-2.91\0version.bind\0Simon Kelley"]],
  [
    "envoy 1.36.1",
    "envoy",
    ["1.3.1\0deflate", "x\x001.36.1\0RELEASE", "1.3.6.1.5", "envoy.transport_sockets.tls", "1.36.1"],
  ],
  ["envoy 1.30.2-dev", "envoy", ["1.30.2-dev", "envoy.transport_sockets.raw_buffer"]],
  ["expat 2.9.0", "pyexpat.cpython-313-x86_64-linux-gnu.so", ["parser not started\0expat_2.9.0\0\\0"]],
  ["ffmpeg 7.1.5", "libavutil.so.59.39.100", ["0123456789abcdefFFmpeg version 7.1.5-0+deb13u1"]],
  ["ffmpeg 6.1", "ffmpeg", ["FFmpeg version n6.1-static"]],
  ["fluent-bit 3.0.2", "fluent-bit", ["3.0.2\0%sFluent Bit v%s%s", "* https://fluentbit.io"]],
  [
    "gcc 13.3.0",
    "x86_64-linux-gnu-gcc-13",
    ["%s %s%s\n\x0013.3.0\0(Debian 13.3.0-16) \0(C)\0no input files", "gcc version %s %s\n"],
  ],
  ["gcc 14.2.0", "g++", ["Options:\n\x0014.2.0\0(GCC) \0(C)\0", "gcc version %s %s\n"]],
  [
    "ghc 9.6.6",
    "libHSghc-9.6.6-ghc9.6.6.so",
    [
      "GHC.Settings.Config\0The Glorious Glasgow Haskell Compilation System\0x86_64",
      "The Glorious Glasgow Haskell Compilation System 9.6.6",
    ],
  ],
  ["gzip 1.13", "gzip", ["%5.1f%%\x001.13\0(NULL)", "Report bugs to <bug-gzip@gnu.org>.\n"]],
  [
    "haproxy 3.0.11",
    "haproxy",
    ["http://www.haproxy.org/", " version 3.0.11-1+deb13u5, released 2026/11/18"],
  ],
  ["haproxy 2.8.3", "lb", ["https://www.haproxy.org/", "version 2.8.3-86e043a, released 2023/09/07"]],
  ["httpd 2.4.71", "httpd", [' -D HTTPD_ROOT="/usr/local/apache2"', "Apache/2.4.71 (Unix)"]],
  [
    "httpd 2.4.71",
    "apache2",
    [' -D HTTPD_ROOT="/etc/apache2"', "mailto:\0Apache/2.4.71\0 Server at <a href="],
  ],
  [
    "jq 1.7.1",
    "jq-linux-amd64",
    ["DEBUG:\x001.7.1\0\x1e", "jq - commandline JSON processor [version %s]\n\nUsage:"],
  ],
  [
    "julia 1.10.4",
    "libjulia-internal.so.1.10.4",
    ["libunwind\x001.6.2", "JULIA_NUM_THREADS", "release\x001.10.4\0commit"],
  ],
  ["lighttpd 1.4.79", "lighttpd", ["lighttpd/1.4.79 (ssl) - a light and fast webserver"]],
  ["mariadb 11.8.9", "mariadbd", ["11.8.9-MariaDB\0x86_64", "MariaDB Corporation Ab and others."]],
  [
    "mariadb 10.6.15",
    "mysqld",
    ["5.5.5-10.6.15-MariaDB-1:10.6.15+maria~ubu2004", "MariaDB Corporation Ab and others."],
  ],
  ["memcached 1.6.38", "memcached", ["disabled\0memcached 1.6.38\0udp-port\0memcached 1.6.38\n"]],
  ["mongodb 6.0.27", "mongod", ["6.0.27\0tcmalloc\0", "src/mongo/db/mongod_main.cpp"]],
  ["mongodb 7.0.28", "mongos", ["v4.0.0", "7.0.28\0\0heap_size\0", "src/mongo/s/mongos_main.cpp"]],
  ["mongodb 8.0.17", "mongod", ["8.0.17\0cppdefines\0", "src/mongo/util/version.cpp"]],
  ["mongodb 7.0.28", "mongod", ["7.0.28-15\0heap_size\0", "src/mongo/db/mongod_main.cpp"]],
  [
    "mysql 8.0.36",
    "mysqld",
    [
      "/usr/src/mysql-8.0.36/sql/mysqld.cc",
      "Oracle is a registered trademark of Oracle Corporation and/or its",
    ],
  ],
  ["nginx 1.26.3", "nginx", ["nginx version: nginx/1.26.3", "built with OpenSSL 3.5.7 9 Jun 2026"]],
  ["nginx 1.20.0", "renamed", ["nginx version: nginx/1.20.0\n"]],
  [
    "node 20.20.2",
    "node",
    [
      "https://nodejs.org/download/release/v20.20.2/node-v20.20.2.tar.gz",
      "https://nodejs.org/download/release/v20.20.2/node-v20.20.2-headers.tar.gz",
      "../src/node_contextify.cc:1173",
    ],
  ],
  [
    "openjdk 21.0.13.1",
    "libjvm.so",
    [
      "OpenJDK 64-Bit Server VM (21.0.13.1+2-1-deb13u1-Debian) for linux-amd64 JRE (21.0.13.1+2-1-deb13u1-Debian), built on",
    ],
  ],
  [
    "openjdk 8.0.392",
    "libjvm.so",
    ["OpenJDK 64-Bit Server VM (25.392-b08) for linux-amd64 JRE (1.8.0_392-b08), built on Oct 18 2023"],
  ],
  ["openresty 1.25.3.1", "nginx", ["nginx version: openresty/1.25.3.1"]],
  [
    "openssh 10.0p2",
    "sshd",
    ["OpenSSH_7.4*", "OpenSSH_10.0", "config len %zu\0OpenSSH_10.0p2 Debian-7+deb13u4"],
  ],
  ["openssl 3.5.9", "libcrypto.so.3", [`OpenSSL 3.5.9 29 Sep 2026\x003.5.9${OPENSSLDIR}`]],
  [
    "openssl 3.0.13+quic",
    "linked-statically",
    [`OpenSSL 3.0.13+quic 30 Jan 2024\x003.0.13+quic${OPENSSLDIR}`],
  ],
  [
    "openssl 3.5.9",
    "with-its-texts-in-another-order",
    [
      'platform: linux-x86_64\0OPENSSLDIR: "/etc/ssl"\0ENGINESDIR: "/dev/null"\0OpenSSL 3.5.9 29 Sep 2026\x003.5.9',
    ],
  ],
  ["openssl 4.0.1", "libcrypto.so.4", [`OpenSSL 4.0.1 9 Jun 2026\x004.0.1${OPENSSLDIR}`]],
  [
    "openssl 1.1.1t",
    "linked-statically",
    ["OpenSSL 1.1.1t  7 Feb 2023", "OpenSSL 1.1.1t  7 Feb 2023", "x".repeat(400), OPENSSLDIR],
  ],
  ["openssl 1.1.1k", "libcrypto.so.1.1", ["OpenSSL 1.1.1k  25 Mar 2021", "x".repeat(400), OPENSSLDIR]],
  ["openssl 1.0.2k", "libcrypto.so.10", ["OpenSSL 1.0.2k-fips  26 Jan 2017", "x".repeat(400), OPENSSLDIR]],
  ["perl 5.40.1", "perl", ["\nThis is perl 5, version 40, subversion 1 (%-p) built for x86_64-linux-gnu"]],
  ["php 8.4.28", "php-fpm", ["%s,%s\0X-Powered-By: PHP/8.4.28\0ZEND_MM_MAX_ALLOCS"]],
  ["php 8.4.0RC1", "libphp.so", ["X-Powered-By: PHP/8.4.0RC1"]],
  [
    "postgresql 17.12",
    "postgres",
    ["postgres (PostgreSQL) 17.12 (Debian 17.12-0+deb13u1)\n", "upgrading to PostgreSQL 9.1."],
  ],
  ["postgresql 9.6.24", "postgres", ["postgres (PostgreSQL) 9.6.24\n"]],
  ["postgresql 16beta1", "postgres", ["postgres (PostgreSQL) 16beta1\n"]],
  ["proftpd 1.3.8c", "proftpd", ["ProFTPD Version 1.3.8c\0LANG\x001.3.8c (maint)\n"]],
  [
    "pypy 7.3.19",
    "libpypy3.11-c.so",
    ["3.11.11 (7.3.19, Apr 11 2025, 02:57:20)\n[PyPy 7.3.19 with GCC 13.2.0]"],
  ],
  ["python 3.13.5", "python3.13", ["LC_ALL\x003.13.5\0strict", "%.80s (%.80s) %.80s"]],
  [
    "python 3.11.7",
    "libpython3.11.so.1.0",
    ["%.80s (%.80s) %.80s", "/root/.pyenv/versions/3.11.7\0EXEC_PREFIX"],
  ],
  ["python 2.7.18", "python2.7", ["\x003.1.4\x002.7.18", "%.80s (%.80s) %.80s"]],
  ["python 3.14.0rc1", "python3.14t", ["\x003.14.0rc1+", "%.80s (%.80s) %.80s"]],
  [
    "redis 7.2.4",
    "redis-server",
    ["Redis is starting oO0OoO0OoO0Oo", "7.2.4buildkitsandbox-1704894345000000000"],
  ],
  [
    "redis 6.0.16",
    "redis-server",
    ["Redis is starting oO0OoO0OoO0Oo", "8.0.0", "6.0.161841ce7054b9-1642359302000000000"],
  ],
  [
    "redis 8.0.2",
    "redis-check-rdb",
    ["8.0.0", "txt\x008.0.21789404730000000000\0Running", "Redis is starting oO0OoO0OoO0Oo"],
  ],
  [
    "ruby 3.3.14",
    "libruby-3.3.so.3.3.14",
    [
      "ruby - Copyright (C) 1993-2026 Yukihiro Matsumoto",
      "ruby 3.3.14 (2026-11-19 revision f4c37f481b) [x86_64-linux-gnu]",
    ],
  ],
  [
    "ruby 2.7.8",
    "ruby",
    [" Yukihiro Matsumoto", "ruby 2.7.8p225 (2023-03-30 revision 1f4d455848) [x86_64-linux]"],
  ],
  [
    "rust 1.85.1",
    "librustc_driver-2ac4dc0e5fac42cf.so",
    [
      "/usr/src/rustc-1.85.1/compiler/rustc_arena/src/lib.rs",
      "rust\0\0\0\tArustc 1.85.1 (4eb161250 2025-03-15) (built from a source tarball)",
    ],
  ],
  [
    "rust 1.80.0-nightly",
    "librustc_driver-0123456789abcdef.so",
    ["compiler/rustc_span/src/lib.rs", "rustc 1.80.0-nightly (fda509e81 2024-05-25)"],
  ],
  ["sqlite 3.46.1", "libsqlite3.so.0.8.6", ["3.46.1\0", "SQLite format 3"]],
  ["unbound 1.26.2", "unbound", ["READY=1\0unbound 1.26.2\0start of service (%s).\0"]],
  [
    "valkey 8.1.1",
    "valkey-server",
    ["client\0\0valkey8.1.11792855166000000000\0\0v=%s", "Valkey is starting oO0OoO0OoO0Oo"],
  ],
  ["varnish 7.7.0", "varnishd", ["(varnish-7.7.0 revision 71fc9d211c471106e4be590f3816a56ba156a833)"]],
  ["xz 5.8.1", "xz", ["xz (XZ Utils) 5.8.1\0liblzma %s\n"]],
  ["xz 5.6.1", "liblzma.so.5.6.1", ["lzma_version_string", "5.6.1\0Option value cannot be empty"]],
  ["zlib 1.3.1", "libz.so.1.3.1", [" deflate 1.3.1 Copyright 1995-2024 Jean-loup Gailly and Mark Adler "]],
  ["zstd 1.5.7", "zstd", ["Enabled\0v1.5.7\0Zstandard CLI\0Yann Collet"]],
] as const)("knows %s in %s", (expected, name, texts) => {
  expect(seen(name, ...texts)).toEqual([expected]);
});

it("has a program for every classifier, and a classifier's bytes above for every one", () => {
  const known = knownPrograms.map(({ name }) => name);
  for (const { program } of classifiers) expect(known).toContain(program);
  const sorted = classifiers.map(({ program }) => program);
  expect(sorted).toEqual([...sorted].sort());
});

it.each([
  ["FFmpeg of no release", "ffmpeg", ["FFmpeg version N-112345-g0123456789"]],
  ["the applet gzip of another program", "gzip", ["gzip 1.13", "BusyBox v1.37.0 (Debian 1:1.37.0-6+b9)"]],
  ["what quotes BusyBox", "busybox", ["syslogd started: BusyBox v1.37.0"]],
  [
    "what was compiled with the headers of OpenSSL",
    "client",
    ["built with OpenSSL 3.5.7 9 Jun 2026", "OpenSSL 3.5.7 9 Jun 2026"],
  ],
  ["a version alone", "python3.13", ["3.13.5"]],
  ["a version of Python that the name denies", "python3.12", ["3.13.5", "%.80s (%.80s) %.80s"]],
  [
    "a library of Julia that another name denies",
    "libjulia-internal.so.1.10.5",
    ["JULIA_NUM_THREADS", "\x001.10.4\0"],
  ],
  ["a program that rustc has made", "tool", ["rustc 1.85.1 (4eb161250 2025-03-15)", "compiler/rustc_span"]],
  ["a tool that lies beside GCC", "gcc-ar", ["\x0013.3.0\0(GCC) \0(C)\0", "gcc version %s %s\n"]],
  ["what asks GCC for its version", "g++", ["\x0013.3.0\0(GCC) \0(C)\0", "gcc version "]],
  ["a compiler that calls itself so", "gcc", ["gcc version 4.2.1 compatible", "gcc version %s %s\n"]],
  ["GHC without its version", "ghc-9.6.6", ["The Glorious Glasgow Haskell Compilation System\0x86_64"]],
  ["another gzip", "gzip", ["\x001.13\0", "BusyBox"]],
  [
    "what fetches a release of Bun",
    "setup",
    ["https://github.com/oven-sh/bun/releases/download/bun-v%s/bun-%s.zip"],
  ],
  [
    "what quotes the address of headers of Node",
    "electron-rebuild",
    ["https://nodejs.org/download/release/v20.20.2/node-v20.20.2-headers.tar.gz"],
  ],
  [
    "Chrome of which two texts tell different versions",
    "chrome",
    ["127.0.1.2", "127.0.6533.119\0", "156.0.8078.114", "chrome-error://chromewebdata/"],
  ],
  ["a version of Chrome in another program", "chrome", ["127.0.6533.119", "chrome://newtab/"]],
  [
    "what speaks of a version of Dart",
    "tool",
    ['3.13.7 (stable) (Thu Oct 22) on "linux_x64"', 'Dart 3.13.7 (stable) on "linux_x64"'],
  ],
  [
    "Envoy beside a library whose version could be its own",
    "envoy",
    ["1.36.1", "1.59.4", "envoy.transport_sockets.tls"],
  ],
  [
    "Envoy with more texts than anybody reads",
    "envoy",
    ["1.36.1", "envoy.transport_sockets.tls", ...Array.from({ length: 300 }, () => "1.36.x")],
  ],
  ["what goes before Envoy", "envoy", ["1.36.1", "envoy is not ready"]],
  ["a shell of MongoDB that is written in JavaScript", "mongosh", ["7.0.28\0heap_size", "src/mongo/"]],
  [
    "a version that stands elsewhere in MongoDB",
    "mongod",
    ["3.1.1", "heap_size", "src/mongo/db/mongod_main.cpp"],
  ],
  ["what asks for an Apache", "checker", [' -D HTTPD_ROOT="', "Apache/2.4.71"]],
  [
    "a fork of zlib",
    "browser",
    [" deflate 1.3.0.1-motley Copyright 1995-2024 Jean-loup Gailly and Mark Adler "],
  ],
  ["a client that lists servers of OpenSSH", "ssh-audit", ["OpenSSH_10.0p2 Debian"]],
  ["a format in place of a version", "nginx", ["nginx version: nginx/%s", "nginx version: nginx/x.y.z"]],
  ["BoringSSL", "bssl", [`OpenSSL 1.1.1 (compatible; BoringSSL)${OPENSSLDIR}`]],
  ["what reads databases of Redis", "redis-cli", ["Redis version=%s", "7.2.4"]],
  [
    "a key of zeros",
    "redis-server",
    ["Redis is starting oO0OoO0OoO0Oo", "0000000000000000000000000000000000000000"],
  ],
] as const)("takes for nothing %s", (_, name, texts) => {
  expect(seen(name, ...texts)).toEqual([]);
});
