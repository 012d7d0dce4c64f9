#!/bin/sh
# Brings a checkout to the point where it runs: Node 24 and the packages of the lock file, what the host needs, and
# the build. May be run any number of times; what is there already is not touched.
#
#   sh scripts/setup.sh              for running
#   sh scripts/setup.sh --for-tests  also what the tests use
set -eu
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*" >&2; }

need_node() {
  if command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1; then
    major=$(node -p 'process.versions.node.split(".")[0]')
    [ "$major" -ge 20 ] && return 0
    say "setup: Node $major is too old."
  fi
  say "setup: Node 20 or later and npm are needed (Debian: apt-get install nodejs npm)."
  exit 1
}

# Node 24 itself comes from the lock file, so the one of the system only has to be able to run npm.
install_packages() {
  [ node_modules/.package-lock.json -nt package-lock.json ] && [ -x node_modules/.bin/node ] && return 0
  say "setup: installing the packages of package-lock.json (Node 24 among them) ..."
  npm ci --no-audit --no-fund --loglevel=error >&2
  touch node_modules/.package-lock.json
}

# missing PROGRAM PACKAGE REASON: remembers a package whose program is not there.
missing() {
  if ! command -v "$1" >/dev/null 2>&1 && ! [ -x "/usr/sbin/$1" ]; then
    packages="$packages $2"
    reasons="$reasons
  $2: $3"
  fi
}

# missing_file FILE PACKAGE REASON: remembers a package whose file is not there.
missing_file() {
  # shellcheck disable=SC2086
  if ! ls $1 >/dev/null 2>&1; then
    packages="$packages $2"
    reasons="$reasons
  $2: $3"
  fi
}

# What the sensor is built with. Without it everything works but the watch over running containers.
install_sensor_packages() {
  [ -x dist/sensor/pratique-sensor ] && return 0
  clang=clang
  if apt-cache show clang-19 >/dev/null 2>&1 || grep -qs '^VERSION_CODENAME=trixie' /etc/os-release; then
    clang=clang-19
  fi
  missing "$clang" "$clang" "to build what watches containers from the kernel"
  missing cc gcc "to build the process that loads it"
  missing_file "/usr/include/stdio.h" libc6-dev "its headers"
  missing_file "/usr/include/linux/bpf.h" linux-libc-dev "its headers"
  missing_file "/usr/include/bpf/libbpf.h" libbpf-dev "its library"
  missing_file "/usr/include/libelf.h" libelf-dev "its library"
  missing_file "/usr/include/zlib.h" zlib1g-dev "its library"
}

# Not every distribution has it, and everything works without.
install_isal() {
  if apt-cache show libisal2 >/dev/null 2>&1 || grep -qs '^VERSION_CODENAME=trixie' /etc/os-release; then
    missing_file "/usr/lib/*-linux-gnu/libisal.so.2" libisal2 "unpacks layers in half the time that zlib takes"
  fi
}

install_host_packages() {
  packages="" reasons=""
  install_isal
  [ "$(uname -s)" = Linux ] && install_sensor_packages
  # Debian 13 packs the client apart; elsewhere it comes with the engine.
  docker_cli=docker.io
  if apt-cache show docker-cli >/dev/null 2>&1 || grep -qs '^VERSION_CODENAME=trixie' /etc/os-release; then
    docker_cli=docker-cli
  fi
  if ! [ -S /var/run/docker.sock ]; then
    missing dockerd docker.io "no Docker Engine runs here; Pratique starts a private one"
    missing docker "$docker_cli" "to use that engine from the command line"
  fi
  if [ "$for_tests" = yes ]; then
    missing dockerd docker.io "tests run against a real engine"
    missing docker "$docker_cli" "tests start containers as people do"
    missing busybox busybox-static "tests build small images from it"
    missing debootstrap debootstrap "the accuracy test builds a Debian 12 root"
    missing docker-registry docker-registry "tests pull from a real registry"
    missing skopeo skopeo "tests push to that registry"
    missing chromium chromium "tests look at the console in a real browser"
    missing mkfs.ext4 e2fsprogs "tests fill a small file system of their own"
    missing openssl openssl "tests make certificates for that registry"
    missing docker-compose docker-compose "tests start what is composed"
    missing go golang-go "tests evaluate the templates of the chart, where there is no helm"
    missing_file "/usr/share/gocode/src/github.com/spdx/tools-golang" golang-github-spdx-tools-golang-dev \
      "tests read what is written as SPDX with the SPDX project's own library"
    missing nats-server nats-server "tests carry records over a real NATS"
    missing ip iproute2 "tests watch and cut connections in networks of their own"
    missing dnsmasq dnsmasq-base "tests ask a name server of their own"
    missing tcpdump tcpdump "tests read the packets that were kept"
    missing bpftool bpftool "tests look for programs that were left in the kernel"
    missing podman podman "tests watch containers of other runtimes than Docker"
    missing crun crun "the same"
    missing lxc-start lxc "the same"
    missing rpm rpm "tests ask it for the order of versions, and build and install packages"
    missing rpmbuild rpm "the same"
    missing cc gcc "tests compile small programs"
    missing_file "/usr/include/unistd.h" libc6-dev "its headers"
    missing javac default-jdk-headless "tests run a program of Java"
    missing pgrep procps "tests look for processes that were left behind"
    # Its programs are not in PATH: several versions may lie side by side.
    ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 ||
      missing initdb postgresql "tests run every repository on a private PostgreSQL too"
    missing pgbouncer pgbouncer "a test connects to PostgreSQL through it"
  fi
  [ -n "$packages" ] || return 0
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    say "setup: installing packages of the system:$reasons"
    # A daemon that starts by itself on installation would be somebody's engine; ours is private.
    policy=/usr/sbin/policy-rc.d
    if ! [ -e "$policy" ]; then
      printf '#!/bin/sh\nexit 101\n' >"$policy"
      chmod 755 "$policy"
      trap 'rm -f "$policy"' EXIT
    fi
    apt-get update -qq >&2
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >/dev/null
  else
    say "setup: these packages of the system are missing, and only root can install them:$reasons"
  fi
}

for_tests=no
[ "${1:-}" = --for-tests ] && for_tests=yes
need_node
install_packages
install_host_packages
for_use=--for-use
[ "$for_tests" = yes ] && for_use=
PATH="$PWD/node_modules/.bin:$PATH" node scripts/build.ts --if-changed $for_use >&2
