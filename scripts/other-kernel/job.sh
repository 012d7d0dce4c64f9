# What runs on the other kernel: the end-to-end tests that are asked for, one after the other, then it switches off.
export PATH="$REPOSITORY/node_modules/.bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" HOME=/root
modprobe -a veth bridge nf_tables nft_compat nf_conntrack xt_conntrack loop tun
cd "$REPOSITORY" || exit
# Read from the host for the first time they would take longer than an engine waits for its parts.
for program in dockerd containerd containerd-shim-runc-v2 runc docker node; do cat "$(command -v "$program")"; done >/dev/null
cat dist/*.js dist/chunks/* dist/sensor/* >/dev/null
echo "Linux $(uname -r), $(cat /sys/kernel/security/lsm)"
# Emulated, all takes ten times as long.
export PRATIQUE_TEST_PATIENCE=10
for test in $TESTS; do
	npx vitest run --config vitest.e2e.config.ts "test/e2e/$test.test.ts" >/tmp/said 2>&1
	code=$?
	cat /tmp/said
	echo "other-kernel: $test ended with $code"
done
sync
echo o >/proc/sysrq-trigger
sleep 10
