#!/bin/sh
# Builds the native sensor into OUTDIR: OUTDIR/pratique-sensor, with the BPF objects inside.
# Needs clang (for BPF), a C compiler, and the headers and libraries of libbpf, libelf and zlib. Debian's libelf.a lacks
# what it needs itself, so that one is linked as a shared library: libelf1 is wanted where the sensor runs.
# Ends with 69 (EX_UNAVAILABLE of sysexits.h) where one of these is not here, and with 1 where the sources do not compile.
set -eu

out=${1:?"usage: build.sh OUTDIR"}
here=$(cd "$(dirname "$0")" && pwd)
cc=${CC:-cc}
clang=${CLANG:-$(command -v clang-19 || command -v clang || true)}
unavailable() {
	echo "build.sh: $1" >&2
	exit 69
}
command -v "$cc" >/dev/null || unavailable "$cc is missing (Debian: gcc)"
command -v "$clang" >/dev/null || unavailable "clang is missing (Debian: clang-19)"

# That which the compiler makes programs for: CC=aarch64-linux-gnu-gcc builds for another machine than this one.
machine=$("$cc" -dumpmachine) || unavailable "$cc is no C compiler"
case $machine in
	x86_64-*) arch=x86 ;;
	aarch64-*) arch=arm64 ;;
	*) unavailable "unknown machine $machine" ;;
esac

mkdir -p "$out"
work=$(mktemp -d "$out/build.XXXXXX")
trap 'rm -rf "$work"' EXIT

# The headers that the kernel gives programs lie in a directory of the machine's name on Debian.
include=/usr/include/$machine
warnings="-Wall -Wextra ${WERROR--Werror} -Wno-unused-parameter"
libraries="-Wl,-Bstatic -lbpf -lz -Wl,-Bdynamic -lelf"

# What does not even compile next to nothing lacks something, whatever the sources say.
printf '#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\n' |
	"$clang" -target bpf -I"$include" -x c -c - -o "$work/probe.bpf.o" 2>/dev/null ||
	unavailable "$clang makes no BPF, or headers are missing (Debian: linux-libc-dev, libbpf-dev)"
printf '#include <bpf/libbpf.h>\n#include <libelf.h>\n#include <zlib.h>\nint main(void) { return 0; }\n' |
	"$cc" -I"$include" -x c - -o "$work/probe" $libraries 2>/dev/null ||
	unavailable "headers or libraries are missing (Debian: libc6-dev, libbpf-dev, libelf-dev, zlib1g-dev)"

table=$work/objects.S
{
	echo '	.section .note.GNU-stack,"",%progbits'
	echo '	.section .rodata'
} >"$table"
rows=
count=0
for source in "$here"/bpf/*.bpf.c; do
	name=$(basename "$source" .bpf.c)
	"$clang" -std=gnu17 -O2 -g -target bpf -mcpu=v3 "-D__TARGET_ARCH_$arch" $warnings \
		-I"$here" -I"$here/bpf" -I"$include" -c "$source" -o "$work/$name.bpf.o"
	printf '	.balign 8\n	.globl bpf_%s, bpf_%s_end\nbpf_%s:\n	.incbin "%s"\nbpf_%s_end:\n' \
		"$name" "$name" "$name" "$work/$name.bpf.o" "$name" >>"$table"
	rows="$rows $name"
	count=$((count + 1))
done
{
	echo '#include <stddef.h>'
	for name in $rows; do echo "extern const char bpf_$name[], bpf_${name}_end[];"; done
	echo 'struct embedded { const char *name, *start, *end; };'
	echo 'const struct embedded embedded_ranges[] = {'
	for name in $rows; do echo "	{ \"$name\", bpf_$name, bpf_${name}_end },"; done
	echo '};'
	echo "const size_t embedded_count = $count;"
} >"$work/objects.c"

# Names and numbers of the system calls, as the machine's own headers have them; and those of 32 bits, where there are any.
list_calls() { # HEADER NAME
	echo "#include <$1>"
	echo "const struct { const char *name; unsigned int number; } $2[] = {"
	echo "#include <$1>" | "$cc" -E -dM -I"$include" - | sed -n 's/^#define __NR_\([a-z0-9_]*\) .*/	{ "\1", __NR_\1 },/p'
	echo '	{ 0, 0 },'
	echo '};'
}
list_calls asm/unistd.h native_numbers >"$work/native-numbers.c"
if [ "$arch" = x86 ]; then
	list_calls asm/unistd_32.h compat_numbers >"$work/compat-numbers.c"
else
	echo 'const struct { const char *name; unsigned int number; } compat_numbers[] = { { 0, 0 } };' >"$work/compat-numbers.c"
fi

"$cc" -std=gnu17 -O2 -g $warnings -D_GNU_SOURCE -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE -pie \
	-Wl,-z,relro,-z,now -I"$here" -I"$include" "$here"/*.c "$work"/*.c "$table" \
	-o "$work/pratique-sensor" $libraries
mv "$work/pratique-sensor" "$out/pratique-sensor"
