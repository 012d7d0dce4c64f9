#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds what repeats a profile in a container as one static program: build.sh OUTDIR gives OUTDIR/pratique-replay.
# Ends with 69 (EX_UNAVAILABLE of sysexits.h) where there is nothing to build it with, and with 1 where it does not compile.
set -eu

out=${1:?usage: build.sh OUTDIR}
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
cc=${CC:-cc}
mkdir -p "$out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# What does not even compile next to nothing lacks something, whatever the sources say.
echo 'int main(void) { return 0; }' | "$cc" -static -x c - -o "$work/probe" 2>/dev/null || {
	echo "build.sh: $cc makes no static programs here (Debian: gcc, libc6-dev)" >&2
	exit 69
}

{
	echo '#include "calls.h"'
	echo 'const struct call calls[] = {'
	echo '#include <asm/unistd.h>' | "$cc" -E -dM - | sed -n 's/^#define __NR_\([a-z0-9_]*\) .*/	{ "\1", __NR_\1 },/p'
	echo '	{ 0, 0 },'
	echo '};'
} >"$work/calls.c"

# Static, since an image may hold nothing else.
"$cc" -std=c17 -D_GNU_SOURCE -O2 -static -s -Wall -Wextra ${WERROR--Werror} -I"$here" \
	-o "$out/pratique-replay.new" "$here"/*.c "$work/calls.c"
mv "$out/pratique-replay.new" "$out/pratique-replay"
