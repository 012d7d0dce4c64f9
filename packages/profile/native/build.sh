#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds what repeats a profile in a container as one static program: build.sh OUTDIR gives OUTDIR/pratique-replay.
set -eu

out=${1:?usage: build.sh OUTDIR}
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
cc=${CC:-cc}
mkdir -p "$out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

{
	echo '#include "calls.h"'
	echo 'const struct call calls[] = {'
	echo '#include <asm/unistd.h>' | "$cc" -E -dM - | sed -n 's/^#define __NR_\([a-z0-9_]*\) .*/	{ "\1", __NR_\1 },/p'
	echo '	{ 0, 0 },'
	echo '};'
} >"$work/calls.c"

# Static, since an image may hold nothing else.
"$cc" -std=c17 -D_GNU_SOURCE -O2 -static -s -Wall -Wextra -Werror -I"$here" \
	-o "$out/pratique-replay.new" "$here"/*.c "$work/calls.c"
mv "$out/pratique-replay.new" "$out/pratique-replay"
