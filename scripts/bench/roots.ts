import type { RootRecipe } from "./debootstrap.ts";

/** About a hundred packages as people have them in images, among them what Debian has fixed lately. */
export const accuracyRoot: RootRecipe = {
  name: "accuracy",
  packages: words(`
    apache2-bin bind9-host binutils bzip2 ca-certificates cpio cron curl dbus dnsutils ed
    exim4-daemon-light expat file fontconfig ghostscript git gnupg graphicsmagick haproxy
    imagemagick iproute2 iputils-ping jq krb5-user less libaprutil1-dbd-sqlite3 libc6-dev libcairo2
    libcurl4-openssl-dev libgd3 libgsasl18 libheif1 libjson-perl libldap-2.5-0 libmodbus5 libnfs13
    libnss3-tools libpq-dev libraw20 libssh2-1 libtiff-tools libwebp7 libwolfssl35 libxfont2
    libxml2-utils libxslt1.1 libyaml-syck-perl linux-libc-dev locales lua5.4 lynx lz4 make
    mariadb-client memcached nano netcat-openbsd nginx-light node-tar nodejs ntpsec
    openjdk-17-jre-headless openssh-client openssl openvpn p7zip-full patch perl php8.2-cli
    php8.2-curl php8.2-xml poppler-utils postgresql-client-15 procps python3 python3-authlib
    python3-cryptography python3-django python3-httplib2 python3-jinja2 python3-pip python3-requests
    python3-starlette python3-urllib3 python3-yaml redis-server rsync ruby-rack ruby screen
    smbclient snmp socat sqlite3 squid sslh strace sudo swift tcpdump tmux unzip vim-tiny wget xvfb
    xz-utils zip zstd
  `),
};

/** The same of Debian 13, and what its updates of security name in its `main`. */
export const accuracyRootOf13: RootRecipe = {
  name: "accuracy",
  suite: "trixie",
  packages: words(`
    7zip apache2-bin bind9-host binutils botan bzip2 ca-certificates cpio cron curl dbus dnsutils ed
    exim4-daemon-light expat file fontconfig ghostscript git gnupg graphicsmagick haproxy icinga2-bin
    icinga2-common imagemagick iproute2 iputils-ping jq krb5-user less libaprutil1-dbd-sqlite3 libc6-dev
    libcairo2 libcurl4-openssl-dev libgd3 libgsasl18 libheif1 libjson-perl libldap2 libmodbus5 libnfs14
    libnss3-tools libpq-dev libraw23t64 libssh2-1 libtiff-tools libwebp7 libwolfssl42t64 libxfont2
    libxml2-utils libxslt1.1 libyaml-syck-perl linux-libc-dev locales lua5.4 lynx lz4 make
    mariadb-client memcached nano netcat-openbsd nginx-light node-tar nodejs ntpsec
    openjdk-21-jre-headless openssh-client openssl openvpn patch perl php8.4-cli php8.4-curl
    php8.4-xml poppler-utils postgresql-client-17 procps python3 python3-authlib python3-cryptography
    python3-django python3-httplib2 python3-jinja2 python3-pip python3-requests python3-starlette
    python3-urllib3 python3-venv python3-yaml redis-server rsync ruby-rack ruby screen smbclient snmp socat
    sqlite3 squid sslh strace sudo swift tcpdump thunderbird-l10n-de tmux unzip vim-tiny wget xvfb
    xz-utils zip zstd
  `),
};

/** More than a gigabyte: the languages of a build machine. */
export const largeRoot: RootRecipe = {
  name: "large",
  packages: words(`
    build-essential ca-certificates curl default-jre-headless git maven nodejs npm openssh-client
    perl php-cli python3 python3-pip python3-venv ruby-full unzip
  `),
};

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/u);
}
