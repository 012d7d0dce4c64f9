#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds the attacks as one static program: build.sh OUTDIR gives OUTDIR/pratique-attacks.
set -eu

out=${1:?usage: build.sh OUTDIR}
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
mkdir -p "$out"

# Static, since the image that it is tried in holds nothing else.
"${CC:-cc}" -std=c17 -D_GNU_SOURCE -O2 -static -s -Wall -Wextra -Werror \
	-o "$out/pratique-attacks.new" "$here"/*.c
mv "$out/pratique-attacks.new" "$out/pratique-attacks"
