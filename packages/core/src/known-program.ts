/** A program that many images compile from its source, and the names under which advisories speak of it. */
export interface KnownProgram {
  /** As in package URLs of the type `generic`, and in the names of its releases. */
  readonly name: string;
  /** What Bitnami calls it, where that is something else. */
  readonly component?: string;
  /**
   * `vendor:product` in NVD's dictionary, all that it had (CPE 2.3, NISTIR 7695, 5.3); with `:edition` behind it where that
   * is a program of its own.
   */
  readonly products: readonly string[];
}

/** Sorted by name. */
export const knownPrograms: readonly KnownProgram[] = [
  { name: "bash", products: ["gnu:bash"] },
  { name: "bind", products: ["isc:bind"] },
  { name: "bun", products: ["oven:bun"] },
  { name: "busybox", products: ["busybox:busybox"] },
  { name: "chrome", products: ["google:chrome"] },
  { name: "curl", products: ["haxx:curl", "haxx:libcurl"] },
  {
    name: "dart",
    products: ["dart:dart_software_development_kit", "google:dart_software_development_kit"],
  },
  { name: "deno", products: ["deno:deno"] },
  { name: "dnsmasq", products: ["thekelleys:dnsmasq"] },
  { name: "elixir", products: ["elixir-lang:elixir"] },
  { name: "envoy", products: ["envoyproxy:envoy"] },
  { name: "erlang", products: ["erlang:erlang/otp", "erlang:otp"] },
  { name: "expat", products: ["libexpat_project:libexpat"] },
  { name: "ffmpeg", products: ["ffmpeg:ffmpeg"] },
  { name: "firefox", products: ["mozilla:firefox"] },
  // Each is mended in its own versions.
  { name: "firefox-esr", products: ["mozilla:firefox:esr", "mozilla:firefox_esr"] },
  { name: "fluent-bit", products: ["treasuredata:fluent_bit"] },
  { name: "gcc", products: ["gnu:gcc"] },
  { name: "ghc", products: ["haskell:ghc"] },
  { name: "gzip", products: ["gnu:gzip", "gzip:gzip"] },
  { name: "haproxy", products: ["haproxy:haproxy"] },
  { name: "httpd", component: "apache", products: ["apache:http_server"] },
  { name: "jq", products: ["jqlang:jq", "jq_project:jq", "stedolan:jq"] },
  { name: "julia", products: ["julialang:julia"] },
  { name: "lighttpd", products: ["lighttpd:lighttpd"] },
  { name: "mariadb", products: ["mariadb:mariadb"] },
  { name: "memcached", products: ["memcached:memcached"] },
  { name: "mongodb", products: ["mongodb:mongodb", "mongodb:mongodb_server"] },
  { name: "mysql", products: ["oracle:mysql", "oracle:mysql_server"] },
  { name: "nginx", products: ["f5:nginx", "f5:nginx_open_source", "nginx:nginx", "igor_sysoev:nginx"] },
  { name: "node", products: ["nodejs:node.js", "nodejs:nodejs"] },
  { name: "openjdk", component: "java", products: ["oracle:openjdk", "sun:openjdk"] },
  { name: "openresty", products: ["openresty:openresty"] },
  { name: "openssh", products: ["openbsd:openssh"] },
  { name: "openssl", products: ["openssl:openssl"] },
  { name: "perl", products: ["perl:perl"] },
  { name: "php", products: ["php:php"] },
  { name: "postgresql", products: ["postgresql:postgresql"] },
  { name: "proftpd", products: ["proftpd:proftpd"] },
  { name: "pypy", products: ["pypy:pypy"] },
  { name: "python", products: ["python:python", "python_software_foundation:python"] },
  {
    name: "rabbitmq",
    products: [
      "broadcom:rabbitmq_server",
      "pivotal_software:rabbitmq",
      "rabbitmq:rabbitmq",
      "vmware:rabbitmq",
    ],
  },
  { name: "redis", products: ["redis:redis", "redislabs:redis", "pivotal_software:redis"] },
  { name: "ruby", products: ["ruby-lang:ruby", "yukihiro_matsumoto:ruby"] },
  { name: "rust", products: ["rust-lang:rust"] },
  { name: "sqlite", products: ["sqlite:sqlite"] },
  { name: "unbound", products: ["nlnetlabs:unbound"] },
  { name: "valkey", products: ["lfprojects:valkey", "linuxfoundation:valkey", "valkey-io:valkey"] },
  {
    name: "varnish",
    products: [
      "varnish-cache:varnish",
      "varnish_cache_project:varnish_cache",
      "varnish-software:varnish_cache",
    ],
  },
  { name: "xz", products: ["tukaani:xz", "tukaani:xz_utils"] },
  { name: "zlib", products: ["zlib:zlib"] },
  { name: "zstd", products: ["facebook:zstandard"] },
];

const byName: ReadonlyMap<string, KnownProgram> = new Map(knownPrograms.map((one) => [one.name, one]));
const byComponent: ReadonlyMap<string, string> = new Map(
  knownPrograms.map(({ name, component = name }) => [component, name]),
);

/** The one name under which advisories about a program are kept and looked up: Bitnami's, where it has another. */
export function advisoryNameOfProgram(name: string): string {
  return byName.get(name)?.component ?? name;
}

/** The name of the program that Bitnami calls so; the same where it is not known under another. */
export function programOfComponent(component: string): string {
  return byComponent.get(component) ?? component;
}
