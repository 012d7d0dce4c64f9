/** Binary packages that chisel cuts, by the source that they are built from where that has another name. */
const SOURCES: ReadonlyMap<string, readonly string[]> = new Map([
  ["acl", ["libacl1"]],
  ["attr", ["libattr1"]],
  ["brotli", ["libbrotli1"]],
  ["bzip2", ["libbz2-1.0"]],
  ["curl", ["libcurl4", "libcurl4t64", "libcurl3t64-gnutls"]],
  ["cyrus-sasl2", ["libsasl2-2", "libsasl2-modules", "libsasl2-modules-db"]],
  ["db5.3", ["libdb5.3", "libdb5.3t64"]],
  ["dpkg", ["dpkg"]],
  ["e2fsprogs", ["libcom-err2", "libext2fs2", "libss2", "logsave"]],
  ["expat", ["libexpat1"]],
  ["fontconfig", ["libfontconfig1", "fontconfig-config"]],
  ["freetype", ["libfreetype6"]],
  ["gcc-12", ["gcc-12-base"]],
  ["gcc-14", ["gcc-14-base"]],
  ["glib2.0", ["libglib2.0-0", "libglib2.0-0t64"]],
  ["glibc", ["libc-bin", "libc6", "libc-dev-bin", "libc6-dev", "locales"]],
  ["gmp", ["libgmp10"]],
  ["gnutls28", ["libgnutls30", "libgnutls30t64"]],
  ["icu", ["libicu66", "libicu70", "libicu74"]],
  ["keyutils", ["libkeyutils1"]],
  ["krb5", ["libgssapi-krb5-2", "libk5crypto3", "libkrb5-3", "libkrb5support0", "krb5-locales"]],
  ["lcms2", ["liblcms2-2"]],
  ["libcap2", ["libcap2", "libcap2-bin"]],
  ["libffi", ["libffi7", "libffi8"]],
  ["libgcrypt20", ["libgcrypt20"]],
  ["libgpg-error", ["libgpg-error0"]],
  ["libidn2", ["libidn2-0"]],
  ["libjpeg-turbo", ["libjpeg-turbo8"]],
  ["libpng1.6", ["libpng16-16", "libpng16-16t64"]],
  ["libpsl", ["libpsl5", "libpsl5t64"]],
  ["libselinux", ["libselinux1"]],
  ["libssh", ["libssh-4", "libssh-gcrypt-4"]],
  ["libtasn1-6", ["libtasn1-6"]],
  ["libtirpc", ["libtirpc-common", "libtirpc3", "libtirpc3t64"]],
  ["libunistring", ["libunistring2", "libunistring5"]],
  ["libxcrypt", ["libcrypt1"]],
  ["libxml2", ["libxml2"]],
  ["libzstd", ["libzstd1", "zstd"]],
  ["lz4", ["liblz4-1"]],
  ["ncurses", ["libncurses6", "libncursesw6", "libtinfo6", "ncurses-base", "ncurses-bin"]],
  ["nettle", ["libhogweed6", "libhogweed6t64", "libnettle8", "libnettle8t64"]],
  ["nghttp2", ["libnghttp2-14"]],
  ["openldap", ["libldap-2.5-0", "libldap2", "libldap-common"]],
  ["openssl", ["libssl1.1", "libssl3", "libssl3t64", "libssl-dev"]],
  ["p11-kit", ["libp11-kit0"]],
  ["pam", ["libpam0g", "libpam-modules", "libpam-modules-bin", "libpam-runtime"]],
  ["pcre2", ["libpcre2-8-0"]],
  ["pcre3", ["libpcre3"]],
  ["python3-defaults", ["libpython3-stdlib", "python3", "python3-minimal"]],
  ["readline", ["libreadline8", "libreadline8t64", "readline-common"]],
  ["rtmpdump", ["librtmp1"]],
  ["shadow", ["login", "passwd", "uidmap"]],
  ["sqlite3", ["libsqlite3-0"]],
  ["systemd", ["libsystemd0", "libudev1"]],
  ["util-linux", ["libblkid1", "libmount1", "libsmartcols1", "libuuid1", "mount"]],
  ["xz-utils", ["liblzma5"]],
  ["zlib", ["zlib1g"]],
]);

/** Sources that have a package of their own name, beside those of the list above. */
const SAME: ReadonlySet<string> = new Set([
  "apt",
  "base-files",
  "base-passwd",
  "bash",
  "busybox",
  "ca-certificates",
  "coreutils",
  "dash",
  "debianutils",
  "diffutils",
  "findutils",
  "gawk",
  "git",
  "grep",
  "gzip",
  "haproxy",
  "hostname",
  "jq",
  "libseccomp",
  "mawk",
  "media-types",
  "netbase",
  "nginx",
  "openssh",
  "perl",
  "redis",
  "sed",
  "tar",
  "tzdata",
  "ubuntu-keyring",
  "wget",
]);

/** Names that carry the version of their source. */
const FAMILIES: readonly (readonly [RegExp, (version: string) => string])[] = [
  [/^openjdk-(?<version>\d+)-/u, (version) => `openjdk-${version}`],
  [/^(?:lib)?python(?<version>3\.\d+)(?:-minimal|-stdlib)?$/u, (version) => `python${version}`],
  [/^(?:dotnet|aspnetcore)-[a-z-]+-(?<version>\d+)\.0$/u, (version) => `dotnet${version}`],
];

const sourcesByBinary: ReadonlyMap<string, string> = new Map(
  [...SOURCES].flatMap(([source, binaries]) => binaries.map((binary) => [binary, source] as const)),
);

/** The source of a binary package of Ubuntu; undefined where nothing here tells. */
export function sourceOfBinary(name: string): string | undefined {
  const known = sourcesByBinary.get(name);
  if (known !== undefined) return known;
  for (const [pattern, sourceOf] of FAMILIES) {
    const version = pattern.exec(name)?.groups?.version;
    if (version !== undefined) return sourceOf(version);
  }
  return SAME.has(name) || SOURCES.has(name) ? name : undefined;
}
