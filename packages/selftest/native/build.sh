#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds the attacks as one static program: build.sh OUTDIR gives OUTDIR/pratique-attacks.
# Ends with 69 (EX_UNAVAILABLE of sysexits.h) where there is nothing to build it with, and with 1 where it does not compile.
set -eu

out=${1:?usage: build.sh OUTDIR}
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
cc=${CC:-cc}
mkdir -p "$out"

# What does not even compile next to nothing lacks something, whatever the sources say.
echo 'int main(void) { return 0; }' | "$cc" -static -x c - -o "$out/pratique-attacks.new" 2>/dev/null || {
	echo "build.sh: $cc makes no static programs here (Debian: gcc, libc6-dev)" >&2
	exit 69
}

# Static, since the image that it is tried in holds nothing else.
"$cc" -std=c17 -D_GNU_SOURCE -O2 -static -s -Wall -Wextra ${WERROR--Werror} \
	-o "$out/pratique-attacks.new" "$here"/*.c
mv "$out/pratique-attacks.new" "$out/pratique-attacks"
