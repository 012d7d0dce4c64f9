#!/bin/busybox sh
# The first process on the other kernel: this machine's root is read only and below all else, so that nothing of it
# changes; what is written is in memory, and in /tmp on a disk of its own, as engines want it.
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for module in /modules/*; do insmod "$module"; done
mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose,msize=512000 host /host
mount -t tmpfs upper /upper
mkdir /upper/files /upper/work
mount -t overlay -o lowerdir=/host,upperdir=/upper/files,workdir=/upper/work root /root
cd /root || exit
mount -t proc proc proc
mount -t sysfs sys sys
mount -t devtmpfs dev dev
mkdir -p dev/pts dev/shm
mount -t devpts devpts dev/pts
mount -t tmpfs shm dev/shm
mount -t tmpfs run run
mount -t ext4 /dev/vda tmp
mount -t cgroup2 cgroup sys/fs/cgroup
mount -t bpf bpf sys/fs/bpf
mount -t tracefs tracefs sys/kernel/tracing
mount -t securityfs security sys/kernel/security
mkdir -p lib/modules
mount --bind "/host$(cat /modules-directory)" lib/modules
ip link set lo up
hostname other-kernel
cp /job tmp/job
umount /proc /sys /dev
exec switch_root /root /bin/sh /tmp/job
