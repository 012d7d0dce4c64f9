/** How programs of common images are known that no package manager installed. */
export interface ProgramRow {
  /** As people call them. */
  readonly programs: string;
  /** What tells them and their versions. */
  readonly knownBy: string;
  /** What it was tried with. */
  readonly triedWith: string;
}

const REAL = "bytes of the real programs";

export const programRows: readonly ProgramRow[] = [
  {
    programs:
      "Bash, BIND, Bun, BusyBox, curl, Deno, dnsmasq, Expat, FFmpeg and its libraries, Fluent Bit, GCC, GHC, gzip, HAProxy, httpd, jq, Julia, lighttpd, MariaDB, Memcached, MySQL, nginx, Node.js, OpenResty, OpenSSH, OpenSSL, Perl, PHP (CLI, FPM, libphp), PostgreSQL, ProFTPD, Python, Redis, Ruby, Rust's compiler, SQLite, Unbound, Valkey, Varnish, XZ, zlib, Zstandard",
    knownBy: "a banner that they alone hold",
    triedWith: REAL,
  },
  {
    programs: "Dart, and what it has compiled ahead of time to one program; PyPy",
    knownBy: "a banner that they alone hold",
    triedWith: "the real programs of Dart 3.13 and PyPy 7.3",
  },
  {
    programs: "Chrome, Chromium, their headless shell",
    knownBy: "a version that is the only one of its form in a file of that name",
    triedWith:
      "the real programs of Chromium 153 and 156; none is told of a snapshot, whose version ends in zero",
  },
  {
    programs: "MongoDB (mongod, mongos), also Percona's",
    knownBy: "the version in front of what it tells of its build",
    triedWith: "programs made in tests in the form that others tell of 4.4 to 8.0; none that MongoDB built",
  },
  {
    programs: "Envoy, also Istio's",
    knownBy: "a version that is the only one of its form in a file of that name",
    triedWith:
      "programs made in tests in the form that its source has; where a library in it has such a version, none is told",
  },
  {
    programs: "OpenJDK, Oracle's, GraalVM, IBM's and Zulu's builds",
    knownBy: "`release`, and the library `libjvm.so`",
    triedWith: "the real library of OpenJDK 21",
  },
  {
    programs: "Firefox, and its releases with longer support apart",
    knownBy: "`application.ini` beside it",
    triedWith: "files made in tests, in the form of the real one of Firefox 153",
  },
  {
    programs: "Erlang, Elixir, RabbitMQ",
    knownBy: "`OTP_VERSION`, `elixir.app`, `rabbit.app`",
    triedWith: "files made in tests in their form; that of Elixir 1.18 was looked at",
  },
  {
    programs:
      "Beats and Elastic Agent, Consul, Go itself, Grafana, Helm, Istio, the NGINX Ingress Controller of Kubernetes, Traefik, Vault",
    knownBy: "the modules that each program of Go was built from, its own among them (`go`)",
    triedWith: "programs that Go builds in tests",
  },
  {
    programs: "Composer, WP-CLI and other programs of PHP in one file",
    knownBy: "what Composer installed into them, themselves among it (`php`)",
    triedWith: "archives that PHP 8.4 has made",
  },
  {
    programs: "Rust's standard library",
    knownBy: "the compiler beside it; in a program, the crates of cargo-auditable (`rust`)",
    triedWith: "the real compiler",
  },
  {
    programs: "all of Bitnami's images",
    knownBy: "`.bitnami_components.json` and `.spdx-*.spdx`",
    triedWith: "files in their form",
  },
];
