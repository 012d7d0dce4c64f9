// Made from ../builtin by scripts/embed-rules.ts: change it there.

/** One file of rules of our own, as text. */
export interface BuiltinRuleFile {
  readonly name: string;
  readonly text: string;
}

/** The default rules, in the order in which they have to be loaded. They only detect. */
export const builtinRuleFiles: readonly BuiltinRuleFile[] = [
  {
    name: "base.yaml",
    text: `# Lists and macros that the other files of the default rules share. Their names begin with prq_, so that rules
# of others can stand beside them. Where a rule says too much on a host, give prq_expected_* a condition of
# your own: override: {condition: replace}.

- macro: prq_never
  condition: >-
    (evt.num = 0)

- macro: prq_container
  condition: >-
    (container.id != host)

- macro: prq_executed
  condition: >-
    (evt.type in (execve, execveat) and not evt.rawres < 0)

- macro: prq_opens
  condition: >-
    (evt.type in (open, openat, openat2, creat, open_by_handle_at))

- macro: prq_opens_for_reading
  condition: >-
    (evt.type in (open, openat, openat2, open_by_handle_at) and evt.is_open_read = true and fd.num >= 0)

# Attempts too: what was refused tells as much of whoever tried.
- macro: prq_opens_for_writing
  condition: >-
    ((evt.type = creat or (evt.type in (open, openat, openat2, open_by_handle_at) and evt.is_open_write =
    true)))

- macro: prq_renames
  condition: >-
    (evt.type in (rename, renameat, renameat2) and not evt.rawres < 0)

# What puts a file under a name without opening it: a hard link does as a rename does.
- macro: prq_places
  condition: >-
    (prq_renames or (evt.type in (link, linkat) and not evt.rawres < 0))

# Of two files that change places the old name has another file, too.
- macro: prq_exchanges
  condition: >-
    (evt.type = renameat2 and evt.arg.flags contains RENAME_EXCHANGE and not evt.rawres < 0)

- macro: prq_links_symbolically
  condition: >-
    (evt.type in (symlink, symlinkat) and not evt.rawres < 0)

- macro: prq_removes
  condition: >-
    (evt.type in (unlink, unlinkat) and not evt.rawres < 0)

- macro: prq_connects
  condition: >-
    (evt.type in (connect, sendto, sendmsg, sendmmsg) and fd.typechar in (4, 6))

- list: prq_shells
  items: [sh, bash, dash, ash, zsh, ksh, mksh, csh, tcsh, fish, pwsh]

# A program that is many: which one is said by its first argument, whatever the file or the process is called, or by the
# next one where the first is its own name.
- macro: prq_multicall
  condition: >-
    (basename(proc.exepath) startswith anyof (busybox, toybox))

- macro: prq_multicall_by_own_name
  condition: >-
    (prq_multicall and basename(proc.exe) startswith anyof (busybox, toybox))

# By the file that runs, and by its name: a busybox is a shell by its name alone, or by its argument.
- macro: prq_shell
  condition: >-
    (proc.name in (prq_shells) or basename(proc.exepath) in (prq_shells) or (prq_multicall and
    basename(proc.exe) in (prq_shells)) or (prq_multicall_by_own_name and basename(proc.args[0]) in (prq_shells)))

- list: prq_runtimes
  items:
    [
      /usr/bin/runc,
      /usr/sbin/runc,
      /usr/local/bin/runc,
      /usr/local/sbin/runc,
      /runc,
      /usr/bin/crun,
      /usr/local/bin/crun,
      /usr/bin/buildkit-runc,
      /usr/local/bin/buildkit-runc,
    ]

- list: prq_shims
  items:
    [
      /usr/bin/containerd-shim,
      /usr/bin/containerd-shim-runc-v2,
      /usr/local/bin/containerd-shim-runc-v2,
      /usr/bin/conmon,
      /usr/local/bin/conmon,
      /usr/libexec/podman/conmon,
    ]

# The runtime's own process before it becomes the container's first, or that of an exec. A name would be
# easily taken: its file is in no image, or a copy in memory, and its parent is the runtime as well. That this
# parent is no program of the container's own is asked in set-up.yaml, as Falco has no field for it.
- macro: prq_setup
  condition: >-
    (proc.is_exe_upper_layer = false and proc.is_exe_lower_layer = false and (((proc.name startswith "runc:["
    or proc.name in (runc, crun, exe)) and proc.exepath in (prq_runtimes) and (proc.pexepath in (prq_runtimes)
    or proc.pexepath in (prq_shims))) or ((proc.name startswith "runc:[" or proc.name startswith
    "memfd:runc_clon" or proc.name startswith "memfd:crun") and (proc.exepath contains "memfd:runc_cloned" or
    proc.exepath contains "memfd:crun") and proc.pexepath in (prq_runtimes))))

# Directories and programs that are mounted into containers on purpose, and run there.
- list: prq_mounted_programs
  items: []

# What builds runs what it has built, most of all where a checkout is mounted.
- list: prq_build_tools
  items:
    [
      /usr/bin/cargo,
      /usr/bin/cmake,
      /usr/bin/ctest,
      /usr/bin/gmake,
      /usr/bin/go,
      /usr/bin/make,
      /usr/bin/meson,
      /usr/bin/ninja,
      /usr/lib/go/bin/go,
      /usr/local/cargo/bin/cargo,
      /usr/local/go/bin/go,
    ]

# What an engine mounts as the first process where it is asked for one that reaps the others.
- macro: prq_mounted_on_purpose
  condition: >-
    (proc.exepath pmatch (prq_mounted_programs) or (proc.vpid = 1 and proc.exepath in (/sbin/docker-init,
    /usr/sbin/docker-init, /run/podman-init)))

# A file of the image, where programs belong: what was dropped into a container cannot excuse itself by its
# name.
- macro: prq_in_image
  condition: >-
    (proc.is_exe_upper_layer = false and proc.exepath pmatch (/bin, /sbin, /lib, /usr/bin, /usr/sbin,
    /usr/lib, /usr/libexec, /usr/local/bin, /usr/local/sbin, /usr/local/lib))

- list: prq_package_managers
  items:
    [
      apt,
      apt-get,
      aptitude,
      dpkg,
      dpkg-deb,
      dpkg-preconfigure,
      dpkg-divert,
      dpkg-statoverride,
      update-alternatives,
      apk,
      dnf,
      dnf5,
      dnf-3,
      yum,
      microdnf,
      tdnf,
      zypper,
      rpm,
      pacman,
      xbps-install,
      emerge,
      opkg,
      snap,
    ]

# Written in Python: their names are those of scripts, which any process could give itself.
- list: prq_python_package_managers
  items: [dnf, dnf-3, yum]

- list: prq_package_manager_paths
  items:
    [
      /usr/bin/apt,
      /usr/bin/apt-get,
      /usr/bin/apt-config,
      /usr/bin/apt-mark,
      /usr/bin/aptitude,
      /usr/bin/dpkg,
      /usr/bin/rpm,
      /bin/rpm,
      /usr/bin/dnf5,
      /usr/bin/microdnf,
      /usr/bin/tdnf,
      /usr/bin/zypper,
      /sbin/apk,
      /usr/sbin/apk,
      /usr/bin/apk,
      /usr/bin/pacman,
      /usr/bin/dnf,
      /usr/bin/dnf-3,
      /usr/bin/yum,
    ]

- macro: prq_installs_by_python
  condition: >-
    ((proc.name in (prq_python_package_managers) and proc.exepath startswith anyof (/usr/bin/python3,
    /usr/libexec/platform-python)) or (proc.pname in (prq_python_package_managers) and proc.pexepath startswith
    anyof (/usr/bin/python3, /usr/libexec/platform-python)) or (proc.aname[2] in (prq_python_package_managers)
    and proc.aexepath[2] startswith anyof (/usr/bin/python3, /usr/libexec/platform-python)) or (proc.aname[3]
    in (prq_python_package_managers) and proc.aexepath[3] startswith anyof (/usr/bin/python3,
    /usr/libexec/platform-python)) or (proc.aname[4] in (prq_python_package_managers) and proc.aexepath[4]
    startswith anyof (/usr/bin/python3, /usr/libexec/platform-python)))

# That the package manager is a file of the image is asked in set-up.yaml, as Falco has no field for its ancestors.
- macro: prq_installs_packages
  condition: >-
    (proc.exepath in (prq_package_manager_paths) or proc.aexepath in (prq_package_manager_paths) or
    prq_installs_by_python)

# Steps of a build by BuildKit. Those of the classic builder look like any other container.
- macro: prq_builds_image
  condition: >-
    (proc.aexepath in (/usr/bin/buildkitd, /usr/local/bin/buildkitd, /usr/bin/buildkit-runc,
    /usr/local/bin/buildkit-runc))

# What whoever made the image or started the container asked for: its first process, or what a script as its
# first process starts. A server as the first process excuses nobody.
- macro: prq_entrypoint
  condition: >-
    (proc.tty = 0 and (proc.vpid = 1 or (proc.pvpid = 1 and (basename(proc.pexepath) in (prq_shells) or
    proc.pname in (prq_shells)))))

- list: prq_authenticating_programs
  items:
    [
      sshd,
      sshd-session,
      sshd-auth,
      login,
      su,
      sudo,
      doas,
      passwd,
      chage,
      chpasswd,
      chgpasswd,
      chfn,
      chsh,
      newgrp,
      gpasswd,
      unix_chkpwd,
      unix_update,
      useradd,
      usermod,
      userdel,
      groupadd,
      groupmod,
      groupdel,
      newusers,
      pwck,
      grpck,
      pwconv,
      pwunconv,
      grpconv,
      grpunconv,
      vipw,
      vigr,
      adduser,
      addgroup,
      deluser,
      delgroup,
      cron,
      crond,
      atd,
      vsftpd,
      proftpd,
      dovecot,
      auth,
      saslauthd,
      systemd,
      systemd-sysusers,
      systemd-logind,
      polkitd,
      accounts-daemon,
      runuser,
      setpriv,
      cvsd,
      ftpd,
      in.proftpd,
      exim4,
      smbd,
    ]

# A library that the environment names runs within whatever program is started: that program excuses nobody.
- macro: prq_preloads
  condition: >-
    ((proc.env[LD_PRELOAD] exists and proc.env[LD_PRELOAD] != "" and not proc.env[LD_PRELOAD] startswith anyof
    (/lib, /usr/lib, /usr/local/lib, /opt/, lib)) or (proc.env[LD_AUDIT] exists and proc.env[LD_AUDIT] != "") or
    proc.env[LD_LIBRARY_PATH] startswith anyof (/tmp, /var/tmp, /dev/shm, /proc) or proc.env[LD_LIBRARY_PATH]
    contains anyof (":/tmp", ":/var/tmp", ":/dev/shm"))

# Of a program that is many the first argument says which one it is; the name is what it calls itself.
- macro: prq_authenticates
  condition: >-
    (prq_in_image and not prq_preloads and (basename(proc.exepath) in (prq_authenticating_programs) or
    (basename(proc.exepath) in (busybox, toybox) and proc.name in (prq_authenticating_programs) and
    basename(proc.exe) in (prq_authenticating_programs))))

- macro: prq_init_system
  condition: >-
    (prq_in_image and basename(proc.exepath) in (systemd, systemd-executor, systemd-sysctl, systemd-udevd,
    systemd-tmpfiles, systemd-binfmt))

- list: prq_private_networks
  items: [10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 127.0.0.0/8, 169.254.0.0/16, 100.64.0.0/10]

- list: prq_secret_files
  items: [/etc/shadow, /etc/shadow-, /etc/gshadow, /etc/gshadow-, /etc/master.passwd]

- list: prq_account_files
  items: [/etc/passwd, /etc/group, /etc/shadow, /etc/gshadow, /etc/sudoers, /etc/doas.conf]

- list: prq_binary_directories
  items: [/bin, /sbin, /usr/bin, /usr/sbin]
`,
  },
  {
    name: "beyond-falco-first.yaml",
    text: `# What only our sensor tells, as in beyond-falco.yaml, and what has to be asked before the rest: rules that look at less of
# the same event would otherwise speak in its place, and of two that match the first one does.

- rule: Secret read by another name
  desc: >-
    The path that was named is not the file that was opened: a link, a descriptor or a race led there.
  condition: >-
    prq_opens_for_reading and prq_container and (pratique.fd.resolved in (prq_secret_files) or
    pratique.fd.resolved in (prq_honeyfiles)) and not fd.name in (prq_secret_files) and not fd.name in
    (prq_honeyfiles) and not prq_authenticates
  output: >-
    Secret read by another name in a container (named=%fd.name file=%pratique.fd.resolved process=%proc.name
    exe=%proc.exepath command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: CRITICAL
  tags: [container, mitre_defense_evasion, T1036, T1555]
  skip-if-unknown-filter: true

- rule: Place of persistence written by another name
  desc: >-
    The path that was named is not the file that was opened for writing.
  condition: >-
    prq_opens_for_writing and prq_container and fd.num >= 0 and (pratique.fd.resolved in (prq_account_files)
    or pratique.fd.resolved in (/etc/ld.so.preload, /etc/crontab) or pratique.fd.resolved pmatch (/etc/cron.d,
    /var/spool/cron, /etc/sudoers.d, /etc/systemd/system)) and not fd.name in (prq_account_files) and not
    fd.name in (/etc/ld.so.preload, /etc/crontab) and not fd.name pmatch (/etc/cron.d, /var/spool/cron,
    /etc/sudoers.d, /etc/systemd/system) and not prq_trusted_change
  output: >-
    Place of persistence written by another name in a container (named=%fd.name file=%pratique.fd.resolved
    process=%proc.name exe=%proc.exepath command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath
    user=%user.name container=%container.name container_id=%container.id image=%container.image.repository)
  priority: CRITICAL
  tags: [container, mitre_defense_evasion, T1036, T1546]
  skip-if-unknown-filter: true

- rule: Program that the kernel runs replaced by another name
  desc: >-
    The path that was named is not the setting that was opened: a link or a descriptor led there.
  condition: >-
    prq_opens_for_writing and prq_container and fd.num >= 0 and (pratique.fd.resolved endswith
    /sys/kernel/core_pattern or pratique.fd.resolved endswith /sys/kernel/modprobe or pratique.fd.resolved
    endswith /sys/kernel/hotplug or pratique.fd.resolved endswith /sys/kernel/poweroff_cmd or
    pratique.fd.resolved endswith /kernel/uevent_helper or pratique.fd.resolved endswith /release_agent) and
    not fd.name endswith anyof (/core_pattern, /modprobe, /hotplug, /poweroff_cmd, /uevent_helper,
    /release_agent) and not prq_setup and not prq_init_system
  output: >-
    Program that the kernel runs opened for writing by another name (named=%fd.name
    file=%pratique.fd.resolved process=%proc.name exe=%proc.exepath command=%proc.cmdline parent=%proc.pname
    parent_exe=%proc.pexepath user=%user.name container=%container.name container_id=%container.id
    image=%container.image.repository)
  priority: CRITICAL
  tags: [container, mitre_privilege_escalation, T1611]
  skip-if-unknown-filter: true

- rule: Removed program executed
  desc: >-
    No directory has the file that runs any more.
  condition: >-
    prq_executed and prq_container and pratique.exe.unlinked = true and proc.is_exe_from_memfd = false and not
    prq_setup
  output: >-
    Removed program executed in a container (process=%proc.name exe=%proc.exepath command=%proc.cmdline
    parent=%proc.pname parent_exe=%proc.pexepath user=%user.name container=%container.name
    container_id=%container.id image=%container.image.repository)
  priority: CRITICAL
  tags: [container, mitre_defense_evasion, T1620, T1070.004]
  skip-if-unknown-filter: true

- rule: Program with set-user-ID that is not in the image executed
  desc: >-
    Somebody left himself a way to become another user.
  condition: >-
    prq_executed and prq_container and pratique.exe.setuid = true and proc.is_exe_upper_layer = true and not
    prq_installs_packages
  output: >-
    Program with set-user-ID that is not in the image executed (process=%proc.name exe=%proc.exepath
    command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: CRITICAL
  tags: [container, mitre_privilege_escalation, T1548.001]
  skip-if-unknown-filter: true
`,
  },
  {
    name: "escape.yaml",
    text: `# Ways out of a container.

- rule: Cgroup hierarchy mounted in container
  desc: >-
    A hierarchy of cgroups of one's own is the first step of escapes by release_agent. Init systems and nested
    engines mount one too.
  condition: >-
    evt.type in (mount, fsopen) and prq_container and evt.arg.type in (cgroup, cgroup2) and not prq_setup and
    not prq_init_system
  output: >-
    Cgroup hierarchy mounted in a container (type=%evt.arg.type at=%evt.arg.dir result=%evt.res
    process=%proc.name exe=%proc.exepath command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath
    user=%user.name container=%container.name container_id=%container.id image=%container.image.repository)
  priority: WARNING
  tags: [container, mitre_privilege_escalation, T1611]

- rule: Release agent of a cgroup written
  desc: >-
    What release_agent names is run by the kernel, as root of the host, when a cgroup empties.
  condition: >-
    prq_opens_for_writing and prq_container and (fd.name endswith /release_agent or fd.name endswith
    /notify_on_release) and not prq_init_system
  output: >-
    Release agent of a cgroup opened for writing (file=%fd.name result=%evt.res process=%proc.name
    exe=%proc.exepath command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: CRITICAL
  tags: [container, mitre_privilege_escalation, T1611]

# Browsers build their sandboxes of user namespaces; engines without root live in one.
- macro: prq_expected_user_namespaces
  condition: >-
    (prq_in_image and basename(proc.exepath) in (chrome, chromium, chrome-sandbox, chrome_crashpad_handler,
    headless_shell, firefox, firefox-esr, bwrap, buildah, podman, rootlesskit, newuidmap))

- rule: User and cgroup namespaces made together
  desc: >-
    The pair is what CVE-2022-0492 mounts a writable hierarchy of cgroups with.
  condition: >-
    evt.type in (unshare, clone, clone3) and prq_container and evt.arg.flags contains CLONE_NEWUSER and
    evt.arg.flags contains CLONE_NEWCGROUP and not prq_setup
  output: >-
    User and cgroup namespaces made together in a container (flags=%evt.arg.flags result=%evt.res
    process=%proc.name exe=%proc.exepath command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath
    user=%user.name container=%container.name container_id=%container.id image=%container.image.repository)
  priority: CRITICAL
  tags: [container, mitre_privilege_escalation, T1611]

- rule: User namespace made in container
  desc: >-
    In a user namespace of its own a process has every capability over what it makes there, and reaches parts
    of the kernel that were closed to it.
  condition: >-
    evt.type in (unshare, clone, clone3) and prq_container and evt.arg.flags contains CLONE_NEWUSER and not
    evt.rawres < 0 and not prq_setup and not prq_expected_user_namespaces
  output: >-
    User namespace made in a container (flags=%evt.arg.flags process=%proc.name exe=%proc.exepath
    command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: WARNING
  tags: [container, mitre_privilege_escalation, T1611]

- rule: Program that the kernel runs replaced
  desc: >-
    The kernel runs what these settings name as root of the host: on a crash, for a missing module, for a
    device, for a format of programs.
  condition: >-
    prq_opens_for_writing and prq_container and (fd.name endswith /core_pattern or fd.name endswith
    /sys/kernel/modprobe or fd.name endswith /sys/kernel/hotplug or fd.name endswith /sys/kernel/poweroff_cmd
    or fd.name endswith /uevent_helper or fd.name contains /fs/binfmt_misc/) and not prq_setup and not
    prq_init_system
  output: >-
    Program that the kernel runs opened for writing (file=%fd.name result=%evt.res process=%proc.name
    exe=%proc.exepath command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: CRITICAL
  tags: [container, mitre_privilege_escalation, T1611]

- rule: Control or memory of the kernel opened in container
  desc: >-
    These files give the memory of the whole host, or stop it.
  condition: >-
    prq_opens and prq_container and ((fd.name in (/proc/kcore, /proc/kmem, /dev/mem, /dev/kmem, /dev/port) and
    not evt.res = ENOENT) or (fd.name in (/proc/sysrq-trigger, /proc/sys/vm/panic_on_oom,
    /proc/sys/kernel/panic, /proc/acpi/wakeup) and (evt.type = creat or evt.is_open_write = true))) and not
    prq_setup
  output: >-
    Control or memory of the kernel opened in a container (file=%fd.name result=%evt.res process=%proc.name
    exe=%proc.exepath command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: CRITICAL
  tags: [container, mitre_privilege_escalation, T1611]

- rule: Setting of the kernel changed in container
  desc: >-
    Settings that have no copy for each container change the host. Those of the network, of messages between
    processes and of names have one.
  condition: >-
    prq_opens_for_writing and prq_container and fd.name startswith /proc/sys/ and not fd.name startswith
    /proc/sys/net/ and not fd.name startswith /proc/sys/kernel/shm and not fd.name startswith
    /proc/sys/kernel/msg and not fd.name startswith /proc/sys/fs/mqueue/ and not fd.name in
    (/proc/sys/kernel/sem, /proc/sys/kernel/hostname, /proc/sys/kernel/domainname,
    /proc/sys/kernel/core_pattern, /proc/sys/kernel/modprobe, /proc/sys/kernel/hotplug,
    /proc/sys/kernel/poweroff_cmd, /proc/sys/kernel/panic, /proc/sys/vm/panic_on_oom) and not fd.name
    startswith /proc/sys/fs/binfmt_misc/ and not prq_setup and not prq_init_system
  output: >-
    Setting of the kernel opened for writing in a container (file=%fd.name result=%evt.res process=%proc.name
    exe=%proc.exepath command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: NOTICE
  tags: [container, mitre_privilege_escalation, T1611]

- rule: Disk of the host opened in container
  desc: >-
    Whoever reads a disk below its file system reads every file of the host; whoever writes it owns the host.
  condition: >-
    prq_opens and prq_container and (fd.name startswith /dev/sd or fd.name startswith /dev/vd or fd.name
    startswith /dev/xvd or fd.name startswith /dev/hd or fd.name startswith /dev/nvme or fd.name startswith
    /dev/mmcblk or fd.name startswith /dev/dm- or fd.name startswith /dev/md or (fd.name startswith
    /dev/mapper/ and fd.name != /dev/mapper/control)) and not evt.res in (ENOENT, ENXIO) and not prq_setup
  output: >-
    Disk of the host opened in a container (device=%fd.name result=%evt.res process=%proc.name
    exe=%proc.exepath command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: CRITICAL
  tags: [container, mitre_privilege_escalation, T1611]

- rule: Node of a disk made in container
  desc: >-
    A device node of one's own (its mode is S_IFBLK, 060000) leads to a disk that the engine did not hand
    over.
  condition: >-
    evt.type in (mknod, mknodat) and prq_container and evt.rawarg.mode >= 24576 and evt.rawarg.mode < 28672
    and not prq_setup
  output: >-
    Node of a disk made in a container (device=%evt.arg.dev result=%evt.res process=%proc.name
    exe=%proc.exepath command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: WARNING
  tags: [container, mitre_privilege_escalation, T1611]

# File systems that lie on a disk.
- list: prq_disk_file_systems
  items:
    [
      bcachefs,
      btrfs,
      erofs,
      exfat,
      ext2,
      ext3,
      ext4,
      f2fs,
      hfsplus,
      iso9660,
      jfs,
      msdos,
      nilfs2,
      ntfs,
      ntfs3,
      reiserfs,
      squashfs,
      udf,
      ufs,
      vfat,
      xfs,
      zfs,
    ]

- rule: Disk mounted in container
  desc: >-
    A disk of the host becomes a directory of the container. By the newer calls, which mount(8) uses where it can,
    the kind of the file system is told first, and the disk is not.
  condition: >-
    ((evt.type = mount and evt.arg.dev startswith /dev/ and not evt.arg.dev startswith /dev/shm and not
    evt.arg.dev startswith /dev/pts and not evt.arg.dev = /dev/fuse and not evt.arg.dev in (/dev/null,
    /dev/zero, /dev/full, /dev/random, /dev/urandom, /dev/tty, /dev/console)) or (evt.type = fsopen and
    evt.arg.type in (prq_disk_file_systems) and not evt.rawres < 0)) and prq_container and not prq_setup
  output: >-
    Disk mounted in a container (device=%evt.arg.dev at=%evt.arg.dir type=%evt.arg.type result=%evt.res
    process=%proc.name exe=%proc.exepath command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath
    user=%user.name container=%container.name container_id=%container.id image=%container.image.repository)
  priority: CRITICAL
  tags: [container, mitre_privilege_escalation, T1611]

- macro: prq_expected_mounts
  condition: >-
    (prq_never)

- rule: File system mounted in container
  desc: >-
    Few containers mount anything after their start. By mount, or by the calls that came after it. Engines in
    containers do.
  condition: >-
    evt.type in (mount, move_mount, fsopen, pivot_root) and prq_container and not evt.rawres < 0 and not
    prq_setup and not prq_init_system and not prq_expected_mounts
  output: >-
    File system mounted in a container (call=%evt.type process=%proc.name exe=%proc.exepath
    command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: NOTICE
  tags: [container, mitre_privilege_escalation, T1611]

- rule: Devices of a cgroup allowed
  desc: >-
    A container that rewrites which devices it may use can then open the disks of the host.
  condition: >-
    prq_opens_for_writing and prq_container and (fd.name endswith /devices.allow or fd.name endswith
    /devices.deny) and not prq_setup and not prq_init_system
  output: >-
    Devices of a cgroup opened for writing (file=%fd.name result=%evt.res process=%proc.name exe=%proc.exepath
    command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: CRITICAL
  tags: [container, mitre_privilege_escalation, T1611]

# Repositories of images that are meant to speak to an engine.
- list: prq_engine_clients
  items: []

- rule: Engine socket used by container
  desc: >-
    Whoever may speak to an engine may start a container that is the host.
  condition: >-
    evt.type = connect and prq_container and fd.typechar = u and (fd.name endswith docker.sock or fd.name
    endswith containerd.sock or fd.name endswith containerd.sock.ttrpc or fd.name endswith podman.sock or
    fd.name endswith crio.sock or fd.name endswith cri-dockerd.sock or fd.name endswith buildkitd.sock) and
    not container.image.repository in (prq_engine_clients)
  output: >-
    Engine socket used by a container (socket=%fd.name result=%evt.res process=%proc.name exe=%proc.exepath
    command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: WARNING
  tags: [container, mitre_execution, T1609, T1610, T1611]

- rule: Socket of containerd's shim used by container
  desc: >-
    Through CVE-2020-15257 the shim's socket without a file starts processes on the host, from any container
    in the network of the host.
  condition: >-
    evt.type = connect and prq_container and fd.typechar = u and (fd.name contains containerd-shim/ or fd.name
    contains /containerd/s/)
  output: >-
    Socket of containerd's shim used by a container (socket=%fd.name result=%evt.res process=%proc.name
    exe=%proc.exepath command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: CRITICAL
  tags: [container, mitre_privilege_escalation, T1611]

- rule: Namespace entered in container
  desc: >-
    A process that enters a namespace of the host is on the host with its next call.
  condition: >-
    evt.type = setns and prq_container and not evt.rawres < 0 and not prq_setup
  output: >-
    Namespace entered by a container (kind=%evt.arg.nstype process=%proc.name exe=%proc.exepath
    command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: WARNING
  tags: [container, mitre_privilege_escalation, T1611]

# They look whether they run below the root of the first process.
- list: prq_systemd_clients
  items:
    [busctl, hostnamectl, journalctl, localectl, loginctl, networkctl, resolvectl, systemctl, timedatectl]

- rule: Files of another process reached in container
  desc: >-
    Below /proc/PID stand the root, the working directory, the descriptors and the namespaces of every process
    that is seen: with the host's processes, those of the host. Tools of Java attach that way to others,
    and jobs write to the standard output of the first process for the container's log.
  condition: >-
    prq_container and ((evt.type in (chdir, chroot) and (evt.arg.path glob "/proc/[0-9]*/root" or evt.arg.path
    glob "/proc/[0-9]*/root/*" or evt.arg.path glob "/proc/[0-9]*/cwd" or evt.arg.path glob
    "/proc/[0-9]*/cwd/*") and not evt.rawres < 0) or (prq_links_symbolically and evt.arg.target glob
    "/proc/[0-9]*" and not evt.arg.target in (/proc/1/fd/1, /proc/1/fd/2)) or (prq_opens and fd.name startswith
    /proc/ and (fd.name glob "/proc/[0-9]*/root" or fd.name glob "/proc/[0-9]*/root/*" or fd.name glob
    "/proc/[0-9]*/cwd" or fd.name glob "/proc/[0-9]*/cwd/*" or fd.name glob "/proc/[0-9]*/ns/*" or fd.name glob
    "/proc/[0-9]*/task/*/root" or fd.name glob "/proc/[0-9]*/task/*/root/*" or fd.name glob
    "/proc/[0-9]*/fd/*") and not (fd.name in (/proc/1/fd/1, /proc/1/fd/2) and evt.is_open_read = false))) and not fd.name glob
    "/proc/*/root/tmp/.java_pid*" and not fd.name glob "/proc/*/root/tmp/.attach_pid*" and not fd.name glob
    "/proc/*/root/tmp/hsperfdata_*" and not (fd.name = /proc/1/root and (prq_installs_packages or (prq_in_image
    and (basename(proc.exepath) startswith systemd or basename(proc.exepath) in (prq_systemd_clients))))) and
    not evt.res = ENOENT and not prq_setup and not prq_init_system
  output: >-
    Files of another process reached in a container (file=%fd.name directory=%evt.arg.path
    link=%evt.arg.target result=%evt.res process=%proc.name exe=%proc.exepath command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: NOTICE
  tags: [container, mitre_privilege_escalation, T1611]

- rule: File opened by handle in container
  desc: >-
    A handle leads to any file of a file system, whatever is mounted: it needs CAP_DAC_READ_SEARCH, which no
    ordinary container has.
  condition: >-
    evt.type = open_by_handle_at and prq_container and not prq_setup
  output: >-
    File opened by handle in a container (file=%fd.name result=%evt.res process=%proc.name exe=%proc.exepath
    command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: CRITICAL
  tags: [container, mitre_privilege_escalation, T1611]

# The last thing that runc does in a container is to open the pipe on which it waits for the start, by a
# descriptor.
- macro: prq_awaits_start
  condition: >-
    (proc.name = "runc:[2:INIT]" and proc.exepath contains "memfd:runc_cloned" and proc.pexepath in
    (prq_shims))

- rule: Running program opened for writing
  desc: >-
    CVE-2019-5736 overwrote the runtime by a descriptor of its running file. Logs go to descriptors 1 and 2.
  condition: >-
    prq_opens_for_writing and prq_container and (fd.name glob "/proc/*/exe" or fd.name glob "/proc/self/fd/*"
    or fd.name glob "/proc/thread-self/fd/*" or fd.name in (prq_runtimes)) and not fd.name in
    (/proc/self/fd/0, /proc/self/fd/1, /proc/self/fd/2, /proc/thread-self/fd/1, /proc/thread-self/fd/2) and
    not prq_setup and not prq_awaits_start and not prq_installs_packages
  output: >-
    Running program opened for writing (file=%fd.name result=%evt.res process=%proc.name exe=%proc.exepath
    command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: WARNING
  tags: [container, mitre_privilege_escalation, T1611]

- rule: Directory entered by a descriptor
  desc: >-
    Through CVE-2024-21626 a working directory that names a descriptor of the runtime lies on the host. The
    runtime's own process is not left out: in that attack it is the one that enters.
  condition: >-
    evt.type = chdir and prq_container and (evt.arg.path startswith /proc/self/fd/ or evt.arg.path glob
    "/proc/[0-9]*/fd/*" or evt.arg.path startswith /proc/thread-self/fd/)
  output: >-
    Directory entered by a descriptor (directory=%evt.arg.path result=%evt.res process=%proc.name
    exe=%proc.exepath command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: CRITICAL
  tags: [container, mitre_privilege_escalation, T1611]

- rule: Program started outside of the root of its container
  desc: >-
    No path of the container leads to the working directory of the process: it is somewhere on the host.
  condition: >-
    prq_executed and prq_container and (proc.cwd startswith "(unreachable)" or proc.cwd startswith
    /proc/self/fd/)
  output: >-
    Program started outside of the root of its container (directory=%proc.cwd process=%proc.name
    exe=%proc.exepath command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: CRITICAL
  tags: [container, mitre_privilege_escalation, T1611]

- rule: Device replaced by a link
  desc: >-
    The runtime mounts over these names when it hides parts of /proc (CVE-2025-31133) or sets up the console
    (CVE-2025-52565): a link leads its mounts astray.
  condition: >-
    evt.type in (symlink, symlinkat) and prq_container and evt.arg.linkpath in (/dev/null, /dev/zero,
    /dev/full, /dev/random, /dev/urandom, /dev/tty, /dev/console, /dev/ptmx, /dev/pts) and not prq_setup
  output: >-
    Device replaced by a link (link=%evt.arg.linkpath target=%evt.arg.target process=%proc.name
    exe=%proc.exepath command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: CRITICAL
  tags: [container, mitre_privilege_escalation, T1611]

# Whoever makes containers within a container.
- macro: prq_expected_cgroup_moves
  condition: >-
    (prq_in_image and basename(proc.exepath) in (runc, crun, containerd, containerd-shim-runc-v2, dockerd,
    kubelet, podman, conmon, buildkitd, k3s))

- rule: Process moved to another cgroup
  desc: >-
    What is refused to a container, and who it is, goes by its cgroup: whoever gets out of it is taken for a process of
    the host.
  condition: >-
    prq_opens_for_writing and prq_container and (fd.filename in (cgroup.procs, cgroup.threads) or (fd.filename
    = tasks and fd.name contains cgroup)) and not prq_expected_cgroup_moves and not prq_init_system and not
    prq_setup
  output: >-
    Process moved to another cgroup from a container (file=%fd.name result=%evt.res process=%proc.name
    exe=%proc.exepath command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: CRITICAL
  tags: [container, mitre_privilege_escalation, T1611]
`,
  },
  {
    name: "kernel.yaml",
    text: `# What gives a workload power over the kernel.

- rule: Kernel module loaded or removed in container
  desc: >-
    A module is code of the kernel: with it there is no container any more. Attempts that were refused count.
  condition: >-
    evt.type in (init_module, finit_module, delete_module, kexec_load) and prq_container
  output: >-
    Kernel module loaded or removed in a container (call=%evt.type result=%evt.res process=%proc.name
    exe=%proc.exepath command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: CRITICAL
  tags: [container, mitre_persistence, T1547.006, T1014]

- rule: BPF program loaded in container
  desc: >-
    Programs in the kernel see and change what other processes do, and can hide it.
  condition: >-
    evt.type = bpf and prq_container and evt.arg.cmd in (BPF_PROG_LOAD, BPF_PROG_ATTACH,
    BPF_RAW_TRACEPOINT_OPEN, BPF_LINK_CREATE, 5, 8, 17, 28) and not prq_setup and not prq_init_system
  output: >-
    BPF program loaded in a container (command=%evt.arg.cmd result=%evt.res process=%proc.name
    exe=%proc.exepath command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: WARNING
  tags: [container, mitre_defense_evasion, T1014]

- rule: Performance events opened in container
  desc: >-
    Performance events attach programs and have been the way into the kernel. Profilers use them.
  condition: >-
    evt.type = perf_event_open and prq_container and not evt.rawres < 0
  output: >-
    Performance events opened in a container (process=%proc.name exe=%proc.exepath command=%proc.cmdline
    parent=%proc.pname parent_exe=%proc.pexepath user=%user.name container=%container.name
    container_id=%container.id image=%container.image.repository)
  priority: NOTICE
  tags: [container, mitre_privilege_escalation, T1068]

- rule: Page faults handled by a user
  desc: >-
    Holding the kernel up in a page fault makes races in it easy to win.
  condition: >-
    evt.type = userfaultfd and prq_container and user.uid != 0 and not evt.rawres < 0
  output: >-
    Page faults handled by a user who is not root (process=%proc.name exe=%proc.exepath command=%proc.cmdline
    parent=%proc.pname parent_exe=%proc.pexepath user=%user.name container=%container.name
    container_id=%container.id image=%container.image.repository)
  priority: NOTICE
  tags: [container, mitre_privilege_escalation, T1068]

- macro: prq_expected_rings
  condition: >-
    (prq_never)

- rule: Ring of io_uring set up in container
  desc: >-
    Files and connections that are opened through a ring make no system call that could be seen, and rings
    have been the way into the kernel many times. The engine refuses them unless it is told otherwise.
  condition: >-
    evt.type = io_uring_setup and prq_container and not evt.rawres < 0 and not prq_expected_rings
  output: >-
    Ring of io_uring set up in a container (process=%proc.name exe=%proc.exepath command=%proc.cmdline
    parent=%proc.pname parent_exe=%proc.pexepath user=%user.name container=%container.name
    container_id=%container.id image=%container.image.repository)
  priority: WARNING
  tags: [container, mitre_defense_evasion, T1068, T1562]

- rule: Keyring used in container
  desc: >-
    Keyrings know no containers: keys of the host may be in them.
  condition: >-
    evt.type = keyctl and prq_container and not evt.rawres < 0 and not prq_setup and not prq_authenticates and
    not prq_init_system
  output: >-
    Keyring used in a container (process=%proc.name exe=%proc.exepath command=%proc.cmdline parent=%proc.pname
    parent_exe=%proc.pexepath user=%user.name container=%container.name container_id=%container.id
    image=%container.image.repository)
  priority: WARNING
  tags: [container, mitre_credential_access, T1552]
`,
  },
  {
    name: "injection.yaml",
    text: `# What one process does to another.

- list: prq_debuggers
  items: [gdb, gdbserver, lldb, lldb-server, strace, ltrace, dlv, rr, perf]

- rule: Process traced by another
  desc: >-
    Whoever traces a process reads its secrets and runs code as it.
  condition: >-
    evt.type = ptrace and prq_container and (evt.arg.request contains PTRACE_ATTACH or evt.arg.request
    contains PTRACE_SEIZE or evt.arg.request contains PTRACE_POKETEXT or evt.arg.request contains
    PTRACE_POKEDATA or evt.arg.request contains PTRACE_SETREGS)
  output: >-
    Process traced by another in a container (request=%evt.arg.request target=%evt.arg.pid result=%evt.res
    process=%proc.name exe=%proc.exepath command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath
    user=%user.name container=%container.name container_id=%container.id image=%container.image.repository)
  priority: WARNING
  tags: [container, mitre_privilege_escalation, T1055.008]

- rule: Memory of another process written
  desc: >-
    Code is put into a process that runs.
  condition: >-
    (evt.type = process_vm_writev or (prq_opens_for_writing and fd.name startswith /proc/ and fd.name endswith
    /mem and not fd.name = /proc/self/mem)) and prq_container
  output: >-
    Memory of another process written in a container (call=%evt.type file=%fd.name result=%evt.res
    process=%proc.name exe=%proc.exepath command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath
    user=%user.name container=%container.name container_id=%container.id image=%container.image.repository)
  priority: CRITICAL
  tags: [container, mitre_privilege_escalation, T1055.009]

- macro: prq_expected_memory_readers
  condition: >-
    (prq_in_image and basename(proc.exepath) in (prq_debuggers))

- rule: Memory of another process read
  desc: >-
    Passwords and keys are read out of a process that runs. Libraries for parallel computing do so between
    their own.
  condition: >-
    evt.type = process_vm_readv and prq_container and not evt.rawres < 0 and not prq_expected_memory_readers
  output: >-
    Memory of another process read in a container (target=%evt.arg.pid process=%proc.name exe=%proc.exepath
    command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: NOTICE
  tags: [container, mitre_credential_access, T1003.007]

- rule: Descriptor taken from another process
  desc: >-
    An open file or connection is taken over, with the rights of whoever opened it.
  condition: >-
    evt.type = pidfd_getfd and prq_container and not prq_setup
  output: >-
    Descriptor taken from another process in a container (result=%evt.res process=%proc.name exe=%proc.exepath
    command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: WARNING
  tags: [container, mitre_privilege_escalation, T1055]

- rule: Process keeps debuggers away
  desc: >-
    A process has one tracer at most: one that traces itself cannot be looked at.
  condition: >-
    evt.type = ptrace and prq_container and evt.arg.request contains PTRACE_TRACEME and not (prq_in_image and
    basename(proc.exepath) in (prq_debuggers))
  output: >-
    Process keeps debuggers away (process=%proc.name exe=%proc.exepath command=%proc.cmdline
    parent=%proc.pname parent_exe=%proc.pexepath user=%user.name container=%container.name
    container_id=%container.id image=%container.image.repository)
  priority: NOTICE
  tags: [container, mitre_defense_evasion, T1622]
`,
  },
  {
    name: "execution.yaml",
    text: `# Programs that nobody put into the image, and programs that should not be needed there.

- rule: Program in memory executed
  desc: >-
    A program that is in no file leaves nothing to find.
  condition: >-
    prq_executed and prq_container and proc.is_exe_from_memfd = true and not prq_setup
  output: >-
    Program in memory executed in a container (process=%proc.name exe=%proc.exepath command=%proc.cmdline
    parent=%proc.pname parent_exe=%proc.pexepath user=%user.name container=%container.name
    container_id=%container.id image=%container.image.repository)
  priority: CRITICAL
  tags: [container, mitre_defense_evasion, T1620]

- rule: Program in shared memory executed
  desc: >-
    Shared memory holds data of processes, and is lost with the container: a place to run what shall not be
    found.
  condition: >-
    prq_executed and prq_container and proc.exepath pmatch (/dev/shm, /run/shm, /dev/mqueue)
  output: >-
    Program in shared memory executed in a container (process=%proc.name exe=%proc.exepath
    command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: CRITICAL
  tags: [container, mitre_defense_evasion, T1620]

- rule: Deleted program executed
  desc: >-
    The file was removed before it ran, so that nobody can look at it.
  condition: >-
    prq_executed and prq_container and (proc.exepath endswith " (deleted)" or proc.exe startswith
    /proc/self/fd/ or proc.exe startswith /dev/fd/) and proc.is_exe_from_memfd = false and not prq_setup
  output: >-
    Deleted program executed in a container (process=%proc.name exe=%proc.exepath command=%proc.cmdline
    parent=%proc.pname parent_exe=%proc.pexepath user=%user.name container=%container.name
    container_id=%container.id image=%container.image.repository)
  priority: CRITICAL
  tags: [container, mitre_defense_evasion, T1620, T1070.004]

- rule: Loader of programs started by hand
  desc: >-
    The loader runs whatever file it is given, executable or not, and is a program of the image itself. Those who only
    list or verify what a program needs are left out.
  condition: >-
    prq_executed and prq_container and (basename(proc.exepath) startswith ld-linux or basename(proc.exepath)
    startswith ld-musl or basename(proc.exepath) startswith "ld.so") and proc.args != "" and not proc.args
    startswith anyof ("--verify ", "--list ", --help, --version) and not proc.env[LD_TRACE_LOADED_OBJECTS]
    exists and not basename(proc.exe) = ldd and not prq_builds_image
  output: >-
    Loader of programs started by hand in a container (process=%proc.name exe=%proc.exepath
    command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: WARNING
  tags: [container, mitre_defense_evasion, T1218, T1036]

- list: prq_miners
  items:
    [
      xmrig,
      xmrig-notls,
      xmr-stak,
      xmr-stak-rx,
      minerd,
      cpuminer,
      cpuminer-multi,
      ccminer,
      cgminer,
      bfgminer,
      ethminer,
      t-rex,
      lolMiner,
      PhoenixMiner,
      nbminer,
      gminer,
      teamredminer,
      claymore,
      nanominer,
      srbminer,
      SRBMiner-MULTI,
      rigel,
      bzminer,
      onezerominer,
      kdevtmpfsi,
      kinsing,
      xmrigDaemon,
      xmrigMiner,
      astrominer,
      pktminer,
    ]

- rule: Miner started
  desc: >-
    Somebody mines on this machine; known by the program's name or by what it is told, whatever it is called.
  condition: >-
    prq_executed and prq_container and (proc.name in (prq_miners) or basename(proc.exepath) in (prq_miners) or
    proc.args contains stratum+tcp: or proc.args contains stratum+ssl: or proc.args contains stratum+udp: or
    proc.args contains stratum1+ or proc.args contains stratum2+ or proc.args contains --donate-level or
    proc.args contains --randomx- or proc.args contains --nicehash)
  output: >-
    Miner started in a container (process=%proc.name exe=%proc.exepath command=%proc.cmdline
    parent=%proc.pname parent_exe=%proc.pexepath user=%user.name container=%container.name
    container_id=%container.id image=%container.image.repository)
  priority: CRITICAL
  tags: [container, mitre_impact, T1496]

- rule: Shell told to open a connection
  desc: >-
    Shells open connections by a name of a device that does not exist. Checks of health ask their own host
    that way.
  condition: >-
    prq_executed and prq_container and prq_shell and (proc.cmdline contains /dev/tcp/ or proc.cmdline contains
    /dev/udp/) and not proc.cmdline contains /dev/tcp/localhost/ and not proc.cmdline contains
    /dev/tcp/127.0.0.1/
  output: >-
    Shell told to open a connection (process=%proc.name exe=%proc.exepath command=%proc.cmdline
    parent=%proc.pname parent_exe=%proc.pexepath user=%user.name container=%container.name
    container_id=%container.id image=%container.image.repository)
  priority: CRITICAL
  tags: [container, mitre_execution, T1059.004]

- list: prq_netcats
  items: [nc, ncat, netcat, nc.openbsd, nc.traditional]

- rule: Program handed to a connection
  desc: >-
    Whoever connects is given a program, mostly a shell.
  condition: >-
    prq_executed and prq_container and (((proc.name in (prq_netcats) or basename(proc.exepath) in
    (prq_netcats)) and (proc.args startswith "-e " or proc.args contains " -e " or proc.args contains "-c /"
    or proc.args contains "-c sh" or proc.args contains "-c bash" or proc.args contains --exec or proc.args
    contains --sh-exec or proc.args contains --lua-exec)) or ((proc.name = socat or basename(proc.exepath) =
    socat) and (proc.args icontains exec: or proc.args icontains system: or proc.args icontains shell:)))
  output: >-
    Program handed to a connection (process=%proc.name exe=%proc.exepath command=%proc.cmdline
    parent=%proc.pname parent_exe=%proc.pexepath user=%user.name container=%container.name
    container_id=%container.id image=%container.image.repository)
  priority: CRITICAL
  tags: [container, mitre_execution, T1059.004]

- macro: prq_expected_drift
  condition: >-
    (prq_never)

- rule: Program that is not in the image executed
  desc: >-
    The image was what was scanned, signed and approved. What runs here was written afterwards.
  condition: >-
    prq_executed and prq_container and proc.is_exe_upper_layer = true and not prq_installs_packages and not
    prq_builds_image and not prq_expected_drift and not prq_setup
  output: >-
    Program that is not in the image executed (changed=%proc.exe_ino.mtime process=%proc.name
    exe=%proc.exepath command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: WARNING
  tags: [container, mitre_persistence, T1036, T1105]

- list: prq_servers
  items:
    [
      nginx,
      httpd,
      apache2,
      lighttpd,
      caddy,
      php-fpm,
      php-cgi,
      uwsgi,
      haproxy,
      varnishd,
      envoy,
      traefik,
      mysqld,
      mariadbd,
      postgres,
      mongod,
      redis-server,
      valkey-server,
      memcached,
      named,
      dovecot,
      exim4,
      vsftpd,
      proftpd,
      smbd,
      sqlservr,
      influxd,
      couchdb,
      beam.smp,
    ]

- macro: prq_of_server
  condition: >-
    (basename(proc.pexepath) in (prq_servers) or proc.pname in (prq_servers) or basename(proc.pexepath)
    startswith php-fpm or basename(proc.aexepath[2]) in (prq_servers) or proc.aname[2] in (prq_servers))

# Mail, logs, replicas, archives and what a database asks of its system. Where a program calls system(3),
# newer libraries put -- before the command. Erlang starts its helpers through shells.
- macro: prq_expected_server_children
  condition: >-
    (proc.args startswith "-c /usr/sbin/sendmail " or proc.args startswith "-c -- /usr/sbin/sendmail " or
    proc.args startswith "-c rotatelogs " or proc.args startswith "-c -- rotatelogs " or proc.args startswith
    "-c /usr/bin/rotatelogs " or proc.args startswith "-c -- /usr/bin/rotatelogs " or proc.args startswith "-c
    exec /usr/bin/rotatelogs " or proc.args startswith "-c -- exec /usr/bin/rotatelogs " or proc.args
    startswith "-c wsrep_sst_" or proc.args startswith "-c -- wsrep_sst_" or (basename(proc.pexepath) =
    postgres and (proc.args startswith "-c locale -a" or proc.args startswith "-c -- locale -a" or proc.args
    startswith "-c wal-g " or proc.args startswith "-c -- wal-g " or proc.args startswith "-c pgbackrest " or
    proc.args startswith "-c -- pgbackrest " or proc.args startswith "-c barman-" or proc.args startswith "-c
    -- barman-" or proc.args startswith "-c test ! -f " or proc.args startswith "-c -- test ! -f " or
    proc.args startswith "-c cp " or proc.args startswith "-c -- cp " or proc.args startswith "-c rsync " or
    proc.args startswith "-c -- rsync ")) or proc.pname = beam.smp)

- rule: Shell started by a server
  desc: >-
    Servers that answer the world need no shell: this is what a web shell and an injected command look like.
  condition: >-
    prq_executed and prq_container and prq_shell and prq_of_server and not prq_expected_server_children
  output: >-
    Shell started by a server (grandparent=%proc.aname[2] process=%proc.name exe=%proc.exepath
    command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: WARNING
  tags: [container, mitre_initial_access, T1190, T1505.003]

- list: prq_intruder_tools
  items:
    [
      curl,
      wget,
      nc,
      ncat,
      netcat,
      socat,
      nmap,
      base64,
      id,
      whoami,
      uname,
      gcc,
      cc,
      tcc,
      ssh,
      scp,
      chmod,
      chattr,
      crontab,
      dig,
      nslookup,
      ip,
      ifconfig,
    ]

- rule: Tool started by a server
  desc: >-
    What somebody who came in through a server asks and fetches first.
  condition: >-
    prq_executed and prq_container and (proc.name in (prq_intruder_tools) or basename(proc.exepath) in
    (prq_intruder_tools) or (prq_multicall and basename(proc.exe) in (prq_intruder_tools)) or
    (prq_multicall_by_own_name and basename(proc.args[0]) in (prq_intruder_tools))) and prq_of_server and not prq_expected_server_children
  output: >-
    Tool started by a server (grandparent=%proc.aname[2] process=%proc.name exe=%proc.exepath
    command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: WARNING
  tags: [container, mitre_execution, T1190, T1059.004]

- rule: Interactive shell in container
  desc: >-
    Somebody sits at a terminal in a container. Package managers give the scripts of packages a terminal, too.
  condition: >-
    prq_executed and prq_container and prq_shell and proc.tty != 0 and not prq_installs_packages
  output: >-
    Interactive shell in a container (terminal=%proc.tty process=%proc.name exe=%proc.exepath
    command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: NOTICE
  tags: [container, mitre_execution, T1609, T1059.004]

# Servers that speak to a client through their standard streams. Of busybox only its web server: which part of it
# runs is said by its first argument, or by its second where that is its own name.
- macro: prq_expected_stream_redirects
  condition: >-
    (prq_in_image and (basename(proc.exepath) in (inetd, xinetd, tcpserver, sshd, sshd-session, sshd-auth,
    dropbear, systemd, systemd-executor, vsftpd, pure-ftpd, git-daemon) or (basename(proc.exepath) = busybox
    and (basename(proc.exe) = httpd or (basename(proc.exe) = busybox and proc.args[0] = httpd)))))

- rule: Standard streams of a process are a connection
  desc: >-
    A shell whose input and output are a connection is somebody else's shell.
  condition: >-
    evt.type in (dup, dup2, dup3, fcntl) and prq_container and evt.rawres in (0, 1, 2) and fd.typechar in (4,
    6) and not prq_expected_stream_redirects
  output: >-
    Standard streams of a process are a connection (connection=%fd.name descriptor=%evt.rawres
    process=%proc.name exe=%proc.exepath command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath
    user=%user.name container=%container.name container_id=%container.id image=%container.image.repository)
  priority: CRITICAL
  tags: [container, mitre_execution, T1059.004]

# Runtimes that compile as they go write their code twice through such files.
- macro: prq_expected_memory_files
  condition: >-
    (basename(proc.exepath) in (dotnet) or evt.arg.name in (doublemapper) or evt.arg.flags contains
    MFD_NOEXEC_SEAL)

- rule: File in memory made
  desc: >-
    Half of what a program without a file needs; sound and window systems use them for what they share.
  condition: >-
    evt.type = memfd_create and prq_container and not evt.rawres < 0 and not prq_expected_memory_files and not
    prq_setup
  output: >-
    File in memory made in a container (file=%evt.arg.name process=%proc.name exe=%proc.exepath
    command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: INFORMATIONAL
  tags: [container, mitre_defense_evasion, T1620]

- macro: prq_expected_package_managers
  condition: >-
    (prq_never)

- rule: Package manager started in container
  desc: >-
    An image is whole when it starts: what is installed afterwards was neither scanned nor approved. Steps of
    builds and start scripts are left out.
  condition: >-
    prq_executed and prq_container and (proc.name in (prq_package_managers) or basename(proc.exepath) in
    (prq_package_managers)) and not proc.aexepath in (prq_package_manager_paths) and not proc.aname in (dnf,
    yum) and not prq_entrypoint and not prq_builds_image and not prq_expected_package_managers
  output: >-
    Package manager started in a container (process=%proc.name exe=%proc.exepath command=%proc.cmdline
    parent=%proc.pname parent_exe=%proc.pexepath user=%user.name container=%container.name
    container_id=%container.id image=%container.image.repository)
  priority: NOTICE
  tags: [container, mitre_command_and_control, T1105]

- list: prq_network_tools
  items:
    [
      nmap,
      masscan,
      zmap,
      rustscan,
      fscan,
      hping3,
      arp-scan,
      netdiscover,
      tcpdump,
      tshark,
      dumpcap,
      ngrep,
      nc,
      ncat,
      netcat,
      nc.openbsd,
      nc.traditional,
      socat,
      telnet,
      mitmproxy,
      ettercap,
      bettercap,
      responder,
      chisel,
      frpc,
      gost,
      ligolo-agent,
      proxychains,
      proxychains4,
    ]

- rule: Network tool started in container
  desc: >-
    Tools to look around in a network, listen in it, or tunnel out of it.
  condition: >-
    prq_executed and prq_container and (proc.name in (prq_network_tools) or basename(proc.exepath) in
    (prq_network_tools) or (prq_multicall and basename(proc.exe) in (prq_network_tools)) or
    (prq_multicall_by_own_name and basename(proc.args[0]) in (prq_network_tools))) and not prq_entrypoint
  output: >-
    Network tool started in a container (process=%proc.name exe=%proc.exepath command=%proc.cmdline
    parent=%proc.pname parent_exe=%proc.pexepath user=%user.name container=%container.name
    container_id=%container.id image=%container.image.repository)
  priority: NOTICE
  tags: [container, mitre_discovery, T1046, T1595]

- list: prq_copy_tools
  items: [scp, sftp, rsync, rclone, ftp, lftp, tftp, smbclient, s3cmd, mc]

- rule: Remote copy started in container
  desc: >-
    Files come into the container, or leave it, past everything that was built.
  condition: >-
    prq_executed and prq_container and (proc.name in (prq_copy_tools) or basename(proc.exepath) in
    (prq_copy_tools) or (prq_multicall and basename(proc.exe) in (prq_copy_tools)) or
    (prq_multicall_by_own_name and basename(proc.args[0]) in (prq_copy_tools))) and not prq_entrypoint
  output: >-
    Remote copy started in a container (process=%proc.name exe=%proc.exepath command=%proc.cmdline
    parent=%proc.pname parent_exe=%proc.pexepath user=%user.name container=%container.name
    container_id=%container.id image=%container.image.repository)
  priority: INFORMATIONAL
  tags: [container, mitre_exfiltration, T1048, T1105]

- list: prq_control_clients
  items: [kubectl, oc, helm, docker, podman, nerdctl, crictl, ctr, buildctl, etcdctl]

- rule: Client of an engine or a cluster started in container
  desc: >-
    Whoever looks for more than his container begins with these.
  condition: >-
    prq_executed and prq_container and (proc.name in (prq_control_clients) or basename(proc.exepath) in
    (prq_control_clients)) and not prq_entrypoint
  output: >-
    Client of an engine or a cluster started in a container (process=%proc.name exe=%proc.exepath
    command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: NOTICE
  tags: [container, mitre_execution, T1609, T1613]
`,
  },
  {
    name: "privilege.yaml",
    text: String.raw`# Rights that were not given.

- rule: Bit of set-user-ID set
  desc: >-
    Whoever runs the file becomes its owner. Package managers set the bit where it belongs.
  condition: >-
    evt.type in (chmod, fchmod, fchmodat) and prq_container and evt.arg.mode contains S_ISUID and not
    evt.rawres < 0 and not prq_installs_packages and not prq_builds_image
  output: >-
    Bit of set-user-ID set in a container (file=%evt.arg.filename mode=%evt.arg.mode process=%proc.name
    exe=%proc.exepath command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: WARNING
  tags: [container, mitre_privilege_escalation, T1548.001]

- rule: Capabilities of an administrator taken
  desc: >-
    A process switches on that it may administer the host.
  condition: >-
    evt.type = capset and prq_container and evt.arg.cap_effective contains CAP_SYS_ADMIN and not evt.rawres <
    0 and not prq_setup and not prq_init_system
  output: >-
    Capabilities of an administrator taken in a container (process=%proc.name exe=%proc.exepath
    command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: NOTICE
  tags: [container, mitre_privilege_escalation, T1548]

- rule: Loader told twice at once
  desc: >-
    CVE-2023-4911: a tunable within the value of a tunable overflows a buffer of the loader of programs with
    the bit of set-user-ID.
  condition: >-
    prq_executed and prq_container and proc.env[GLIBC_TUNABLES] contains "=glibc."
  output: >-
    Loader told a tunable within a tunable (tunables=%proc.env[GLIBC_TUNABLES] process=%proc.name
    exe=%proc.exepath command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: CRITICAL
  tags: [container, mitre_privilege_escalation, T1068]

- rule: pkexec started without arguments
  desc: >-
    CVE-2021-4034: without an argument pkexec takes the environment for one.
  condition: >-
    prq_executed and prq_container and (proc.name = pkexec or basename(proc.exepath) = pkexec) and proc.args =
    "" and user.uid != 0
  output: >-
    pkexec started without arguments (process=%proc.name exe=%proc.exepath command=%proc.cmdline
    parent=%proc.pname parent_exe=%proc.pexepath user=%user.name container=%container.name
    container_id=%container.id image=%container.image.repository)
  priority: CRITICAL
  tags: [container, mitre_privilege_escalation, T1068]

- rule: sudoedit started with a backslash at the end
  desc: >-
    CVE-2021-3156: a backslash at the end of the last argument overflows a buffer of sudo.
  condition: >-
    prq_executed and prq_container and (proc.name in (sudoedit, sudo) or basename(proc.exepath) in (sudoedit,
    sudo)) and (proc.args contains -s or proc.args contains -i) and proc.args endswith "\\"
  output: >-
    sudoedit started with a backslash at the end (process=%proc.name exe=%proc.exepath command=%proc.cmdline
    parent=%proc.pname parent_exe=%proc.pexepath user=%user.name container=%container.name
    container_id=%container.id image=%container.image.repository)
  priority: CRITICAL
  tags: [container, mitre_privilege_escalation, T1068]
`,
  },
  {
    name: "credentials.yaml",
    text: `# Secrets, read by those who do not need them.

- rule: Password hashes read
  desc: >-
    What signs people in reads the hashes of their passwords; nothing else has to.
  condition: >-
    prq_opens_for_reading and prq_container and fd.name in (prq_secret_files) and not prq_authenticates and
    not prq_installs_packages and not prq_builds_image
  output: >-
    Password hashes read in a container (file=%fd.name process=%proc.name exe=%proc.exepath
    command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: WARNING
  tags: [container, mitre_credential_access, T1555, T1003.008]

- rule: Rules of sudo read
  desc: >-
    Who may become root, and by which command, is what an intruder asks next.
  condition: >-
    prq_opens_for_reading and prq_container and (fd.name in (/etc/sudoers, /etc/doas.conf) or fd.directory =
    /etc/sudoers.d) and not (prq_in_image and basename(proc.exepath) in (sudo, sudoedit, visudo, doas,
    cvtsudoers)) and not prq_installs_packages and not prq_builds_image
  output: >-
    Rules of sudo read in a container (file=%fd.name process=%proc.name exe=%proc.exepath
    command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: NOTICE
  tags: [container, mitre_discovery, T1069.001, T1087]

- list: prq_ssh_programs
  items:
    [
      ssh,
      sshd,
      sshd-session,
      sshd-auth,
      ssh-keygen,
      ssh-keysign,
      ssh-agent,
      ssh-add,
      ssh-keyscan,
      scp,
      sftp,
      dropbear,
      dropbearkey,
      dbclient,
    ]

- rule: Private key of SSH read
  desc: >-
    Whoever has the key is, on other machines, who it belongs to.
  condition: >-
    prq_opens_for_reading and prq_container and (fd.filename in (id_rsa, id_dsa, id_ecdsa, id_ed25519,
    id_ecdsa_sk, id_ed25519_sk) or (fd.directory = /etc/ssh and fd.filename startswith ssh_host_ and
    fd.filename endswith _key)) and not (prq_in_image and basename(proc.exepath) in (prq_ssh_programs))
  output: >-
    Private key of SSH read in a container (file=%fd.name process=%proc.name exe=%proc.exepath
    command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: WARNING
  tags: [container, mitre_credential_access, T1552.004]

- list: prq_credential_clients
  items:
    [
      aws,
      gcloud,
      az,
      kubectl,
      helm,
      docker,
      dockerd,
      podman,
      buildah,
      skopeo,
      git,
      git-remote-https,
      git-credential-store,
      terraform,
      curl,
      gh,
      crane,
      cosign,
    ]

- rule: Credentials of a cloud or a registry read
  desc: >-
    Keys to what lies outside of this machine. Their own clients read them; so do programs that were built on
    the libraries of a cloud.
  condition: >-
    prq_opens_for_reading and prq_container and (fd.name endswith /.aws/credentials or fd.name endswith
    /.azure/accessTokens.json or fd.name endswith /.azure/msal_token_cache.json or fd.name contains
    /.config/gcloud/credentials or fd.name contains /.config/gcloud/application_default_credentials or fd.name
    contains /.config/gcloud/access_tokens or fd.name endswith /.kube/config or fd.name endswith
    /.docker/config.json or fd.name endswith /.git-credentials or fd.name endswith /.netrc or fd.name endswith
    /.pypirc or fd.name endswith /.config/gh/hosts.yml) and not (prq_in_image and basename(proc.exepath) in
    (prq_credential_clients))
  output: >-
    Credentials of a cloud or a registry read in a container (file=%fd.name process=%proc.name
    exe=%proc.exepath command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: NOTICE
  tags: [container, mitre_credential_access, T1552.001]

- rule: Token of a service account read
  desc: >-
    The token opens the cluster's API. The first process of a container is mostly the client that it was given
    to.
  condition: >-
    prq_opens_for_reading and prq_container and fd.name glob "*/secrets/kubernetes.io/serviceaccount/*token"
    and not (proc.vpid = 1)
  output: >-
    Token of a service account read in a container (file=%fd.name process=%proc.name exe=%proc.exepath
    command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: INFORMATIONAL
  tags: [container, mitre_credential_access, T1528]

- rule: Environment of a process read
  desc: >-
    Passwords are handed to containers in their environment.
  condition: >-
    prq_opens_for_reading and prq_container and fd.name glob "/proc/[0-9]*/environ" and not (prq_in_image and
    (basename(proc.exepath) in (ps, pgrep, pkill, top, htop, busybox) or basename(proc.exepath) startswith
    systemd)) and not prq_installs_packages and not prq_setup
  output: >-
    Environment of a process read in a container (file=%fd.name process=%proc.name exe=%proc.exepath
    command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: WARNING
  tags: [container, mitre_credential_access, T1552.001, T1003.007]

- rule: Search for keys or passwords
  desc: >-
    Somebody looks for what opens the next door.
  condition: >-
    prq_executed and prq_container and (((proc.name in (grep, egrep, fgrep, rg, ag, ack, zgrep) or
    basename(proc.exepath) in (grep, egrep, fgrep, rg, ag, ack)) and (proc.args icontains "BEGIN RSA" or
    proc.args icontains "BEGIN OPENSSH" or proc.args icontains "BEGIN EC" or proc.args icontains "BEGIN DSA"
    or proc.args icontains "PRIVATE KEY" or proc.args icontains "BEGIN PRIVATE" or proc.args icontains
    aws_access_key or proc.args icontains aws_secret or proc.args icontains AKIA or proc.args icontains
    "password=" or proc.args icontains "passwd=")) or ((proc.name in (find, locate, fd) or
    basename(proc.exepath) in (find, locate, plocate)) and (proc.args contains id_rsa or proc.args contains
    id_dsa or proc.args contains id_ecdsa or proc.args contains id_ed25519 or proc.args contains .pem or
    proc.args contains .kdbx or proc.args contains .aws or proc.args contains credentials or proc.args
    contains .kube))) and not prq_installs_packages
  output: >-
    Search for keys or passwords in a container (process=%proc.name exe=%proc.exepath command=%proc.cmdline
    parent=%proc.pname parent_exe=%proc.pexepath user=%user.name container=%container.name
    container_id=%container.id image=%container.image.repository)
  priority: WARNING
  tags: [container, mitre_credential_access, T1552.001, T1552.004]

# Files that nobody has a reason to open: put your own into images and volumes, and append their paths.
- list: prq_honeyfiles
  items: [/etc/pratique-canary]

- rule: Honeyfile opened
  desc: >-
    The file is there for nothing but this: whoever opens it looks for what is not his.
  condition: >-
    prq_opens and prq_container and fd.name in (prq_honeyfiles) and not evt.res = ENOENT
  output: >-
    Honeyfile opened in a container (file=%fd.name process=%proc.name exe=%proc.exepath command=%proc.cmdline
    parent=%proc.pname parent_exe=%proc.pexepath user=%user.name container=%container.name
    container_id=%container.id image=%container.image.repository)
  priority: CRITICAL
  tags: [container, mitre_collection, T1005]
`,
  },
  {
    name: "persistence.yaml",
    text: `# What makes an intruder come back.

# Installation, building, and what the image itself does at its start.
- macro: prq_trusted_change
  condition: >-
    (prq_installs_packages or prq_builds_image or prq_entrypoint or prq_setup)

- list: prq_cron_directories
  items:
    [
      /etc/cron.d,
      /etc/cron.hourly,
      /etc/cron.daily,
      /etc/cron.weekly,
      /etc/cron.monthly,
      /etc/crontabs,
      /etc/periodic,
      /var/spool/cron,
      /var/spool/anacron,
    ]

- list: prq_cron_files
  items: [/etc/crontab, /etc/anacrontab]

- list: prq_start_directories
  items: [/etc/systemd/system, /lib/systemd/system, /usr/lib/systemd/system, /etc/init.d]

- list: prq_start_files
  items: [/etc/rc.local, /etc/inittab]

- rule: Cron job written
  desc: >-
    Something is to run later, and again.
  condition: >-
    ((prq_opens_for_writing and (fd.name pmatch (prq_cron_directories) or fd.name in (prq_cron_files))) or
    (prq_places and (evt.arg.newpath pmatch (prq_cron_directories) or evt.arg.newpath in (prq_cron_files))) or
    (prq_exchanges and (evt.arg.oldpath pmatch (prq_cron_directories) or evt.arg.oldpath in (prq_cron_files)))
    or (prq_links_symbolically and (evt.arg.linkpath pmatch (prq_cron_directories) or evt.arg.linkpath in
    (prq_cron_files)))) and prq_container and not (prq_in_image and basename(proc.exepath) in
    (cron, crond, anacron)) and not prq_trusted_change
  output: >-
    Cron job written in a container (file=%fd.name new=%evt.arg.newpath result=%evt.res process=%proc.name
    exe=%proc.exepath command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: WARNING
  tags: [container, mitre_persistence, T1053.003]

- rule: Start of the system changed
  desc: >-
    Something is to run at the next start: of the host, where the directory is its own.
  condition: >-
    ((prq_opens_for_writing and (fd.name pmatch (/etc/systemd/system, /etc/systemd/user, /lib/systemd/system,
    /usr/lib/systemd/system, /etc/init.d, /etc/rc.d, /etc/rc0.d, /etc/rc1.d, /etc/rc2.d, /etc/rc3.d,
    /etc/rc4.d, /etc/rc5.d, /etc/rc6.d, /etc/rcS.d, /etc/update-motd.d, /etc/xdg/autostart, /etc/local.d) or
    fd.name in (prq_start_files))) or (prq_places and (evt.arg.newpath pmatch (prq_start_directories) or
    evt.arg.newpath in (prq_start_files))) or (prq_exchanges and (evt.arg.oldpath pmatch
    (prq_start_directories) or evt.arg.oldpath in (prq_start_files))) or (prq_links_symbolically and
    (evt.arg.linkpath pmatch (prq_start_directories) or evt.arg.linkpath in (prq_start_files)))) and prq_container and not (prq_in_image and basename(proc.exepath) in
    (systemd, systemctl, deb-systemd-helper, update-rc.d)) and not prq_trusted_change
  output: >-
    Start of the system changed in a container (file=%fd.name new=%evt.arg.newpath result=%evt.res
    process=%proc.name exe=%proc.exepath command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath
    user=%user.name container=%container.name container_id=%container.id image=%container.image.repository)
  priority: WARNING
  tags: [container, mitre_persistence, T1543.002, T1037.004]

- rule: Start of a shell changed
  desc: >-
    Something is to run whenever somebody opens a shell.
  condition: >-
    prq_opens_for_writing and prq_container and (fd.filename in (.bashrc, .bash_profile, .bash_login,
    .bash_logout, .profile, .zshrc, .zprofile, .zshenv, .zlogin, .cshrc, .tcshrc, .kshrc) or fd.name in
    (/etc/profile, /etc/bash.bashrc, /etc/bashrc, /etc/zsh/zshrc, /etc/zsh/zshenv, /etc/environment) or
    fd.directory = /etc/profile.d) and not (prq_in_image and basename(proc.exepath) in (useradd, adduser,
    usermod)) and not prq_trusted_change
  output: >-
    Start of a shell changed in a container (file=%fd.name result=%evt.res process=%proc.name
    exe=%proc.exepath command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: NOTICE
  tags: [container, mitre_persistence, T1546.004]

- rule: Authorized keys changed
  desc: >-
    Somebody lets himself in by a key of his own.
  condition: >-
    ((prq_opens_for_writing and fd.filename in (authorized_keys, authorized_keys2)) or (prq_places and
    evt.arg.newpath endswith anyof (/.ssh/authorized_keys, /.ssh/authorized_keys2)) or (prq_exchanges and
    evt.arg.oldpath endswith anyof (/.ssh/authorized_keys, /.ssh/authorized_keys2)) or (prq_links_symbolically
    and evt.arg.linkpath endswith anyof (/.ssh/authorized_keys, /.ssh/authorized_keys2))) and prq_container and not prq_trusted_change
  output: >-
    Authorized keys changed in a container (file=%fd.name new=%evt.arg.newpath result=%evt.res
    process=%proc.name exe=%proc.exepath command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath
    user=%user.name container=%container.name container_id=%container.id image=%container.image.repository)
  priority: WARNING
  tags: [container, mitre_persistence, T1098.004]

- rule: Loader of programs changed
  desc: >-
    What the loader loads runs within every program.
  condition: >-
    ((prq_opens_for_writing and (fd.name in (/etc/ld.so.preload, /etc/ld.so.conf) or fd.directory =
    /etc/ld.so.conf.d or fd.filename startswith ld-linux or fd.filename startswith ld-musl)) or (prq_places
    and (evt.arg.newpath in (/etc/ld.so.preload, /etc/ld.so.conf) or evt.arg.newpath contains /ld-linux or
    evt.arg.newpath contains /ld-musl)) or (prq_exchanges and (evt.arg.oldpath in (/etc/ld.so.preload,
    /etc/ld.so.conf) or evt.arg.oldpath contains /ld-linux or evt.arg.oldpath contains /ld-musl)) or
    (prq_links_symbolically and (evt.arg.linkpath in (/etc/ld.so.preload, /etc/ld.so.conf) or evt.arg.linkpath
    contains /ld-linux or evt.arg.linkpath contains /ld-musl))) and prq_container and not prq_installs_packages and not
    prq_builds_image
  output: >-
    Loader of programs changed in a container (file=%fd.name new=%evt.arg.newpath result=%evt.res
    process=%proc.name exe=%proc.exepath command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath
    user=%user.name container=%container.name container_id=%container.id image=%container.image.repository)
  priority: CRITICAL
  tags: [container, mitre_persistence, T1574.006]

- list: prq_account_programs
  items:
    [
      useradd,
      usermod,
      userdel,
      groupadd,
      groupmod,
      groupdel,
      passwd,
      chpasswd,
      chgpasswd,
      gpasswd,
      chage,
      chsh,
      chfn,
      newusers,
      pwconv,
      pwunconv,
      grpconv,
      grpunconv,
      vipw,
      vigr,
      pwck,
      grpck,
      visudo,
      systemd-sysusers,
      adduser,
      addgroup,
      deluser,
      delgroup,
      unix_update,
    ]

- rule: Accounts or rights changed
  desc: >-
    Who there is, and what they may. The tools for it are left out, as are start scripts that enter the user
    they run as.
  condition: >-
    ((prq_opens_for_writing and (fd.name in (prq_account_files) or fd.directory in (/etc/sudoers.d,
    /etc/pam.d, /etc/security))) or (prq_places and (evt.arg.newpath in (prq_account_files) or
    evt.arg.newpath pmatch (/etc/sudoers.d, /etc/pam.d))) or (prq_exchanges and (evt.arg.oldpath in
    (prq_account_files) or evt.arg.oldpath pmatch (/etc/sudoers.d, /etc/pam.d))) or (prq_links_symbolically
    and (evt.arg.linkpath in (prq_account_files) or evt.arg.linkpath pmatch (/etc/sudoers.d, /etc/pam.d))))
    and prq_container and not (prq_in_image and not prq_preloads and (basename(proc.exepath) in
    (prq_account_programs) or (basename(proc.exepath) in (busybox, toybox) and proc.name in
    (prq_account_programs) and basename(proc.exe) in (prq_account_programs)))) and not prq_trusted_change
  output: >-
    Accounts or rights changed in a container (file=%fd.name new=%evt.arg.newpath result=%evt.res
    process=%proc.name exe=%proc.exepath command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath
    user=%user.name container=%container.name container_id=%container.id image=%container.image.repository)
  priority: WARNING
  tags: [container, mitre_persistence, T1136.001, T1548.003, T1556.003]

- rule: Directory of programs changed
  desc: >-
    A program is replaced, or one is put where others will find it by its name.
  condition: >-
    ((prq_opens_for_writing and fd.directory in (prq_binary_directories) and fd.num >= 0) or (prq_places and
    evt.arg.newpath pmatch (prq_binary_directories)) or (prq_exchanges and evt.arg.oldpath pmatch
    (prq_binary_directories)) or (prq_links_symbolically and evt.arg.linkpath pmatch
    (prq_binary_directories))) and prq_container and not prq_trusted_change and not
    (prq_in_image and basename(proc.exepath) in (busybox, update-alternatives) and proc.name in (busybox,
    update-alternatives))
  output: >-
    Directory of programs changed in a container (file=%fd.name new=%evt.arg.newpath process=%proc.name
    exe=%proc.exepath command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: WARNING
  tags: [container, mitre_persistence, T1554, T1574.007]

- rule: Symbolic link to a secret made
  desc: >-
    By another name a secret is read past whoever watches the first.
  condition: >-
    evt.type in (symlink, symlinkat) and prq_container and (evt.arg.target in (prq_secret_files) or
    evt.arg.target in (prq_account_files) or evt.arg.target in (/, /etc, /etc/, /root, /root/)) and not
    prq_trusted_change
  output: >-
    Symbolic link to a secret made in a container (target=%evt.arg.target link=%evt.arg.linkpath
    process=%proc.name exe=%proc.exepath command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath
    user=%user.name container=%container.name container_id=%container.id image=%container.image.repository)
  priority: WARNING
  tags: [container, mitre_defense_evasion, T1036, T1555]

- rule: Hard link to a secret made
  desc: >-
    A second name of the same file: no link tells that it is one. The tools for accounts lock files that way.
  condition: >-
    evt.type in (link, linkat) and prq_container and (evt.arg.oldpath in (prq_secret_files) or evt.arg.oldpath
    in (prq_account_files)) and not (prq_in_image and basename(proc.exepath) in (prq_account_programs)) and
    not prq_trusted_change
  output: >-
    Hard link to a secret made in a container (file=%evt.arg.oldpath link=%evt.arg.newpath process=%proc.name
    exe=%proc.exepath command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: WARNING
  tags: [container, mitre_defense_evasion, T1036, T1555]

- rule: Secret moved
  desc: >-
    Under its new name a secret is read past whoever watches the old one. Whoever replaces it by a new one leaves it where
    it is.
  condition: >-
    prq_renames and prq_container and (evt.arg.oldpath in (prq_secret_files) or evt.arg.oldpath in
    (prq_honeyfiles)) and not (prq_in_image and not prq_preloads and basename(proc.exepath) in
    (prq_account_programs)) and not prq_trusted_change
  output: >-
    Secret moved in a container (file=%evt.arg.oldpath new=%evt.arg.newpath process=%proc.name
    exe=%proc.exepath command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: CRITICAL
  tags: [container, mitre_defense_evasion, T1036, T1555]

- rule: Library preloaded into a program
  desc: >-
    Code that is in no place for libraries runs within a program that is, and by its name.
  condition: >-
    prq_executed and prq_container and prq_preloads and not prq_builds_image
  output: >-
    Library preloaded into a program in a container (preload=%proc.env[LD_PRELOAD] audit=%proc.env[LD_AUDIT]
    libraries=%proc.env[LD_LIBRARY_PATH] process=%proc.name exe=%proc.exepath command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath
    user=%user.name container=%container.name container_id=%container.id image=%container.image.repository)
  priority: WARNING
  tags: [container, mitre_persistence, T1574.006]
`,
  },
  {
    name: "network.yaml",
    text: `# Whom containers speak to.

# The engine, its swarm, etcd, a cluster's API and the kubelet.
- list: prq_control_ports
  items: [2375, 2376, 2377, 2379, 2380, 6443, 10250, 10255, 10256]

- macro: prq_expected_control_clients
  condition: >-
    (prq_in_image and basename(proc.exepath) in (etcd, kubelet, kube-apiserver, kube-proxy,
    kube-controller-manager, kube-scheduler, coredns, prometheus, metrics-server, patroni))

- rule: Port of an engine or a cluster contacted
  desc: >-
    What answers there starts containers, on this machine and on others.
  condition: >-
    prq_connects and prq_container and fd.l4proto = tcp and fd.sport in
    (prq_control_ports) and not fd.snet = 127.0.0.0/8 and not prq_expected_control_clients and not
    container.image.repository in (prq_engine_clients)
  output: >-
    Port of an engine or a cluster contacted by a container (connection=%fd.name result=%evt.res
    process=%proc.name exe=%proc.exepath command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath
    user=%user.name container=%container.name container_id=%container.id image=%container.image.repository)
  priority: NOTICE
  tags: [container, mitre_discovery, T1609, T1613]

- list: prq_metadata_addresses
  items: [169.254.169.254, 169.254.170.2, 169.254.170.23, 100.100.100.200, 168.63.129.16, "fd00:ec2::254"]

- macro: prq_expected_metadata_clients
  condition: >-
    (prq_never)

- rule: Metadata of the cloud asked for
  desc: >-
    Who asks there is given the credentials of the machine. Software that is meant to have them asks too: name
    it in prq_expected_metadata_clients.
  condition: >-
    prq_connects and prq_container and fd.sip in (prq_metadata_addresses) and not
    prq_expected_metadata_clients
  output: >-
    Metadata of the cloud asked for by a container (connection=%fd.name result=%evt.res process=%proc.name
    exe=%proc.exepath command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: NOTICE
  tags: [container, mitre_credential_access, T1552.005]

- list: prq_pool_ports
  items: [3333, 3334, 3335, 3336, 5555, 5556, 7777, 9999, 13333, 14433, 14444, 20535, 45560, 45700]

- rule: Port of a mining pool contacted
  desc: >-
    Pools listen at ports of their own, far from this network.
  condition: >-
    prq_connects and prq_container and fd.l4proto = tcp and fd.sport in
    (prq_pool_ports) and not fd.snet in (prq_private_networks)
  output: >-
    Port of a mining pool contacted by a container (connection=%fd.name result=%evt.res process=%proc.name
    exe=%proc.exepath command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: NOTICE
  tags: [container, mitre_impact, T1496]

- list: prq_packet_programs
  items:
    [
      dhclient,
      dhcpcd,
      udhcpc,
      keepalived,
      arping,
      lldpd,
      hostapd,
      wpa_supplicant,
      dnsmasq,
      systemd-networkd,
      NetworkManager,
      bird,
      frr,
      vrrpd,
    ]

- rule: Packet socket opened in container
  desc: >-
    With packets of its own making a container listens to its neighbours, and speaks in their names.
  condition: >-
    evt.type = socket and prq_container and (evt.arg.domain contains AF_PACKET or evt.arg.type contains
    SOCK_PACKET) and not (prq_in_image and (basename(proc.exepath) in (prq_packet_programs) or (basename(proc.exepath) = busybox and proc.name in
    (udhcpc, arping))))
  output: >-
    Packet socket opened in a container (domain=%evt.arg.domain type=%evt.arg.type result=%evt.res process=%proc.name
    exe=%proc.exepath command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: WARNING
  tags: [container, mitre_credential_access, T1557.002, T1040]

- list: prq_raw_programs
  items:
    [
      ping,
      ping6,
      fping,
      traceroute,
      mtr,
      mtr-packet,
      tracepath,
      keepalived,
      telegraf,
      smokeping,
      blackbox_exporter,
      bird,
      zabbix_server,
      check_ping,
      check_icmp,
    ]

- rule: Raw socket opened in container
  desc: >-
    A raw socket forges senders and scans without connecting. Those who ping and trace are left out.
  condition: >-
    evt.type = socket and prq_container and evt.arg.domain in (AF_INET, AF_INET6) and (evt.arg.type contains
    SOCK_RAW or evt.arg.type in (3, 2051, 524291, 526339)) and not (prq_in_image and (basename(proc.exepath)
    in (prq_raw_programs) or (basename(proc.exepath) = busybox and proc.name in (ping, ping6, traceroute,
    traceroute6))))
  output: >-
    Raw socket opened in a container (domain=%evt.arg.domain result=%evt.res process=%proc.name
    exe=%proc.exepath command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: NOTICE
  tags: [container, mitre_discovery, T1046, T1040]
`,
  },
  {
    name: "evasion.yaml",
    text: `# Tracks covered, disguises worn, and the watch attacked.

- list: prq_system_logs
  items:
    [
      auth.log,
      secure,
      syslog,
      messages,
      kern.log,
      daemon.log,
      wtmp,
      utmp,
      btmp,
      lastlog,
      faillog,
      audit.log,
      cron.log,
      boot.log,
      dmesg,
    ]

- rule: Log of the system cleared
  desc: >-
    What happened is taken back. What turns logs over is left out.
  condition: >-
    ((evt.type = creat or (evt.type in (open, openat, openat2) and evt.is_open_write = true and evt.arg.flags
    contains O_TRUNC)) and fd.name startswith /var/log/ and fd.filename in (prq_system_logs) and prq_container
    and not (prq_in_image and basename(proc.exepath) in (logrotate, rsyslogd, syslogd, syslog-ng, journald,
    systemd-journald))) or (prq_removes and (evt.arg.path pmatch (/var/log/audit, /var/log/wtmp,
    /var/log/btmp, /var/log/lastlog, /var/log/auth.log, /var/log/secure) or evt.arg.name pmatch
    (/var/log/audit, /var/log/wtmp, /var/log/btmp, /var/log/lastlog, /var/log/auth.log, /var/log/secure)) and
    prq_container and not (prq_in_image and basename(proc.exepath) in (logrotate, rsyslogd)) and not
    prq_installs_packages and not prq_builds_image) or (prq_renames and evt.arg.oldpath pmatch (/var/log/audit,
    /var/log/wtmp, /var/log/btmp, /var/log/lastlog, /var/log/auth.log, /var/log/secure) and not evt.arg.newpath
    startswith /var/log/ and prq_container and not prq_installs_packages and not prq_builds_image)
  output: >-
    Log of the system cleared in a container (file=%fd.name flags=%evt.arg.flags process=%proc.name
    exe=%proc.exepath command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: WARNING
  tags: [container, mitre_defense_evasion, T1070.002]

- list: prq_histories
  items:
    [
      ".bash_history",
      ".zsh_history",
      ".ash_history",
      ".sh_history",
      ".python_history",
      ".mysql_history",
      ".psql_history",
      ".lesshst",
      ".viminfo",
    ]

- rule: History of a shell removed
  desc: >-
    What was typed is taken back. Shells themselves write their history anew.
  condition: >-
    ((prq_removes and (basename(evt.arg.path) in (prq_histories) or basename(evt.arg.name) in
    (prq_histories))) or (evt.type in (symlink, symlinkat) and basename(evt.arg.linkpath) in (prq_histories))
    or (evt.type in (open, openat, openat2) and evt.is_open_write = true and evt.arg.flags contains O_TRUNC
    and fd.filename in (.bash_history, .zsh_history, .ash_history) and not prq_shell)) and prq_container and
    not prq_builds_image and not prq_installs_packages
  output: >-
    History of a shell removed in a container (path=%evt.arg.path name=%evt.arg.name link=%evt.arg.linkpath
    process=%proc.name exe=%proc.exepath command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath
    user=%user.name container=%container.name container_id=%container.id image=%container.image.repository)
  priority: WARNING
  tags: [container, mitre_defense_evasion, T1070.003]

- list: prq_destroyers
  items: [shred, wipe, srm, wipefs, blkdiscard, nwipe, scrub]

- rule: Data destroyed by a tool
  desc: >-
    Files or disks are overwritten so that nobody reads them again.
  condition: >-
    prq_executed and prq_container and (proc.name in (prq_destroyers) or basename(proc.exepath) in
    (prq_destroyers) or ((proc.name = dd or basename(proc.exepath) = dd) and (proc.args contains "of=/dev/sd"
    or proc.args contains "of=/dev/vd" or proc.args contains "of=/dev/nvme" or proc.args contains
    "of=/dev/xvd")))
  output: >-
    Data destroyed by a tool in a container (process=%proc.name exe=%proc.exepath command=%proc.cmdline
    parent=%proc.pname parent_exe=%proc.pexepath user=%user.name container=%container.name
    container_id=%container.id image=%container.image.repository)
  priority: WARNING
  tags: [container, mitre_impact, T1485, T1070.004]

- rule: Hidden program executed
  desc: >-
    A program that a listing does not show. Directories of users for tools and settings are left out.
  condition: >-
    prq_executed and prq_container and (basename(proc.exepath) startswith "." or proc.exepath startswith
    /tmp/. or proc.exepath startswith /var/tmp/. or proc.exepath startswith /dev/. or proc.exepath startswith
    /dev/shm/. or proc.exepath startswith /run/. or proc.exepath contains /.../ or proc.exepath contains "/.
    /" or proc.exepath contains "/.. /")
  output: >-
    Hidden program executed in a container (process=%proc.name exe=%proc.exepath command=%proc.cmdline
    parent=%proc.pname parent_exe=%proc.pexepath user=%user.name container=%container.name
    container_id=%container.id image=%container.image.repository)
  priority: WARNING
  tags: [container, mitre_defense_evasion, T1564.001]

- rule: Process named like a thread of the kernel
  desc: >-
    Threads of the kernel run in no container: the name is there to be passed over.
  condition: >-
    evt.type in (execve, execveat, connect) and prq_container and (proc.name startswith "[" or proc.name
    startswith kworker/ or proc.name startswith kthreadd or proc.name startswith ksoftirqd/ or proc.name
    startswith migration/ or proc.name startswith rcu_ or proc.name startswith kswapd or proc.name startswith
    watchdog/ or proc.name startswith kdevtmpfs or proc.exe startswith "[k" or proc.exe startswith "[w")
  output: >-
    Process named like a thread of the kernel in a container (process=%proc.name exe=%proc.exepath
    command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: CRITICAL
  tags: [container, mitre_defense_evasion, T1036.004]

- rule: Times of a program set
  desc: >-
    A file that was changed is made to look as if it had not been.
  condition: >-
    evt.type = utimensat and prq_container and evt.arg.path pmatch (/bin, /sbin, /usr/bin, /usr/sbin, /lib,
    /usr/lib, /usr/local/bin) and not prq_installs_packages and not prq_builds_image
  output: >-
    Times of a program set in a container (file=%evt.arg.path process=%proc.name exe=%proc.exepath
    command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: NOTICE
  tags: [container, mitre_defense_evasion, T1070.006]

- rule: Protection of this host taken away
  desc: >-
    The sensor, the gate or what they put into the kernel is ended. On the host too: an operator may do it,
    and should be seen to.
  condition: >-
    prq_executed and (((proc.name = systemctl or basename(proc.exepath) = systemctl) and (proc.args contains
    stop or proc.args contains disable or proc.args contains mask or proc.args contains kill) and proc.args
    contains pratique) or ((proc.name = bpftool or basename(proc.exepath) = bpftool) and proc.args contains
    pratique) or ((proc.name in (nft, iptables, ip6tables) or basename(proc.exepath) in (nft, iptables,
    ip6tables, xtables-nft-multi)) and (proc.args contains "flush ruleset" or proc.args contains "pratique"))
    or ((proc.name = docker or basename(proc.exepath) = docker) and proc.args startswith "plugin disable") or
    ((proc.name in (pkill, killall) or basename(proc.exepath) in (pkill, killall)) and proc.args contains
    pratique))
  output: >-
    Protection of this host taken away (process=%proc.name exe=%proc.exepath command=%proc.cmdline
    parent=%proc.pname parent_exe=%proc.pexepath user=%user.name container=%container.name
    container_id=%container.id image=%container.image.repository)
  priority: CRITICAL
  tags: [container, host, mitre_defense_evasion, T1562.001]

- rule: Files of Pratique changed from a container
  desc: >-
    Policies, rules, the record or programs in the kernel are changed by somebody in a container.
  condition: >-
    ((prq_opens_for_writing and (fd.name contains /var/lib/pratique/ or fd.name contains /etc/pratique/ or
    fd.name contains /sys/fs/bpf/pratique)) or (prq_removes and (evt.arg.path contains /var/lib/pratique/ or
    evt.arg.name contains /var/lib/pratique/ or evt.arg.path contains /sys/fs/bpf/pratique or evt.arg.name
    contains /sys/fs/bpf/pratique))) and prq_container and not (prq_in_image and basename(proc.exepath) in
    (node, pratique-sensor))
  output: >-
    Files of Pratique changed from a container (file=%fd.name result=%evt.res process=%proc.name
    exe=%proc.exepath command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: CRITICAL
  tags: [container, mitre_defense_evasion, T1562.001]
`,
  },
  {
    name: "beyond-falco.yaml",
    text: `# Rules over what only Pratique's sensor tells: the path that the kernel resolved, the script behind an
# interpreter, the process that a call is about, names that are asked for. Falco skips them. The fields are
# documented in docs/reference/rules.md, "Extra fields".

- rule: Engine socket reached by another name
  desc: >-
    A link or a mount has led to it: the name is not the one by which the engine has made it.
  condition: >-
    evt.type = connect and prq_container and fd.typechar = u and (pratique.fd.resolved endswith anyof
    (docker.sock, containerd.sock, containerd.sock.ttrpc, podman.sock, crio.sock, cri-dockerd.sock,
    buildkitd.sock)) and not fd.name endswith anyof (docker.sock, containerd.sock, containerd.sock.ttrpc,
    podman.sock, crio.sock, cri-dockerd.sock, buildkitd.sock) and not container.image.repository in
    (prq_engine_clients)
  output: >-
    Engine socket reached by another name in a container (named=%fd.name socket=%pratique.fd.resolved
    process=%proc.name exe=%proc.exepath command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath
    user=%user.name container=%container.name container_id=%container.id image=%container.image.repository)
  priority: CRITICAL
  tags: [container, mitre_execution, T1609, T1610, T1611]
  skip-if-unknown-filter: true

- rule: Block device opened by another name
  desc: >-
    A disk of the host, whatever its node is called.
  condition: >-
    prq_opens and prq_container and pratique.fd.kind = block and fd.num >= 0 and not prq_setup
  output: >-
    Block device opened in a container (named=%fd.name file=%pratique.fd.resolved process=%proc.name
    exe=%proc.exepath command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: CRITICAL
  tags: [container, mitre_privilege_escalation, T1611]
  skip-if-unknown-filter: true

- rule: Program on a file system in memory executed
  desc: >-
    What lies on a file system in memory came after the start, and goes with it. Start scripts that are
    mounted so should be named in prq_expected_drift.
  condition: >-
    prq_executed and prq_container and pratique.exe.tmpfs = true and proc.is_exe_from_memfd = false and not
    proc.exepath pmatch (/dev/shm, /run/shm) and not prq_setup
  output: >-
    Program on a file system in memory executed in a container (process=%proc.name exe=%proc.exepath
    command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: WARNING
  tags: [container, mitre_defense_evasion, T1620]
  skip-if-unknown-filter: true

- rule: Program that was mounted into the container executed
  desc: >-
    A volume, or a directory of the host, is no part of the image: what runs from it was not scanned, and whoever can
    write there can bring it. Programs that are mounted on purpose should be named in prq_mounted_programs; what the
    container was started for is not told, nor what a tool that builds runs (prq_build_tools).
  condition: >-
    prq_executed and prq_container and pratique.exe.mounted = true and pratique.exe.tmpfs = false and not
    prq_mounted_on_purpose and not prq_entrypoint and not proc.aexepath in (prq_build_tools) and not
    prq_builds_image and not prq_expected_drift and not prq_setup
  output: >-
    Program that was mounted into the container executed (process=%proc.name exe=%proc.exepath
    command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: NOTICE
  tags: [container, mitre_persistence, T1036, T1105]
  skip-if-unknown-filter: true

- rule: Script from a place for temporary files run
  desc: >-
    The interpreter is of the image; what it is told to do is not.
  condition: >-
    prq_executed and prq_container and pratique.script.path pmatch (/tmp, /var/tmp, /dev/shm, /run/shm) and
    not prq_installs_packages and not prq_builds_image
  output: >-
    Script from a place for temporary files run in a container (script=%pratique.script.path
    process=%proc.name exe=%proc.exepath command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath
    user=%user.name container=%container.name container_id=%container.id image=%container.image.repository)
  priority: NOTICE
  tags: [container, mitre_execution, T1059.004, T1105]
  skip-if-unknown-filter: true

- rule: User became root
  desc: >-
    A process of an ordinary user is root after this call, and is none of the programs that are there for it.
    Servers that only put on another user for a while keep their own, and are left out.
  condition: >-
    (evt.type = setuid or (evt.type in (setreuid, setresuid) and evt.arg.ruid in (root, 0))) and prq_container
    and not evt.rawres < 0 and pratique.uid.before != 0 and user.uid = 0 and not prq_authenticates and not
    prq_installs_packages and not prq_builds_image and not prq_setup
  output: >-
    User became root in a container (before=%pratique.uid.before process=%proc.name exe=%proc.exepath
    command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: WARNING
  tags: [container, mitre_privilege_escalation, T1548.001, T1068]
  skip-if-unknown-filter: true

- rule: Long name asked for
  desc: >-
    Data leaves as the names of hosts, past whoever watches connections. Names that people and services use
    are much shorter.
  condition: >-
    evt.type = dns and prq_container and len(evt.arg.name) >= 100
  output: >-
    Long name asked for by a container (name=%evt.arg.name process=%proc.name exe=%proc.exepath
    command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: WARNING
  tags: [container, mitre_command_and_control, T1071.004, T1568]
  skip-if-unknown-filter: true

- list: prq_pool_domains
  items:
    [
      minexmr.com,
      supportxmr.com,
      nanopool.org,
      2miners.com,
      moneroocean.stream,
      hashvault.pro,
      c3pool.com,
      xmrpool.eu,
      unmineable.com,
      herominers.com,
      f2pool.com,
      nicehash.com,
      minergate.com,
      pool.gntl.co.uk,
      kryptex.network,
      zergpool.com,
    ]

- rule: Name of a mining pool asked for
  desc: >-
    Before somebody mines he asks where.
  condition: >-
    evt.type = dns and prq_container and (evt.arg.name in (prq_pool_domains) or evt.arg.name endswith anyof
    (".minexmr.com", ".supportxmr.com", ".nanopool.org", ".2miners.com", ".moneroocean.stream",
    ".hashvault.pro", ".c3pool.com", ".xmrpool.eu", ".unmineable.com", ".herominers.com", ".f2pool.com",
    ".nicehash.com", ".minergate.com", ".kryptex.network", ".zergpool.com"))
  output: >-
    Name of a mining pool asked for by a container (name=%evt.arg.name process=%proc.name exe=%proc.exepath
    command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: CRITICAL
  tags: [container, mitre_impact, T1496]
  skip-if-unknown-filter: true

- rule: Sensor of this host signalled
  desc: >-
    Somebody sends a signal to what watches this host. Its supervisors are left out, on the host.
  condition: >-
    evt.type in (kill, tkill, tgkill) and pratique.target.exepath endswith /pratique-sensor and not (not
    prq_container and basename(proc.exepath) in (node, pratique-sensor, systemd))
  output: >-
    Sensor of this host signalled (signal=%evt.arg.sig target=%evt.arg.pid process=%proc.name
    exe=%proc.exepath command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: CRITICAL
  tags: [container, host, mitre_defense_evasion, T1562.001]
  skip-if-unknown-filter: true
`,
  },
  {
    name: "set-up.yaml",
    text: `# What Falco cannot be asked, and would refuse: it is for our sensor alone.

# A container that has a program of its own under the runtime's name would have all that it starts taken for the
# runtime. The runtime's parent is of the host; that of an engine within a container is in the image.
- macro: prq_setup
  condition: and not pratique.parent.dropped = true
  override: { condition: append }

# A file of the image: what lies on a volume, or in memory, belongs to no layer either.
- macro: prq_in_image
  condition: and not pratique.exe.mounted = true
  override: { condition: append }

# By files of the image alone: whoever drops a program by the name of a package manager that the image does not have
# would have all that it does, and all that it starts, taken for an installation.
- macro: prq_installs_by_python
  condition: >-
    ((proc.name in (prq_python_package_managers) and pratique.image.aexepath[0] startswith anyof (/usr/bin/python3,
    /usr/libexec/platform-python)) or (proc.pname in (prq_python_package_managers) and pratique.image.aexepath[1]
    startswith anyof (/usr/bin/python3, /usr/libexec/platform-python)) or (proc.aname[2] in
    (prq_python_package_managers) and pratique.image.aexepath[2] startswith anyof (/usr/bin/python3,
    /usr/libexec/platform-python)) or (proc.aname[3] in (prq_python_package_managers) and
    pratique.image.aexepath[3] startswith anyof (/usr/bin/python3, /usr/libexec/platform-python)) or (proc.aname[4]
    in (prq_python_package_managers) and pratique.image.aexepath[4] startswith anyof (/usr/bin/python3,
    /usr/libexec/platform-python)))
  override: { condition: replace }

- macro: prq_installs_packages
  condition: >-
    (pratique.image.aexepath[0] in (prq_package_manager_paths) or pratique.image.aexepath in
    (prq_package_manager_paths) or prq_installs_by_python)
  override: { condition: replace }
`,
  },
];

/** Rules that act, for those who turn them on; to be loaded before {@link builtinRuleFiles}: the first that matches speaks. */
export const hardenedRuleFile: BuiltinRuleFile = {
  name: "hardened.yaml",
  text: `# Rules that act. They are off until you turn them on, and then stand before the default rules, so that they
# speak first: each stops what a container of an application never needs and an intruder does. Their
# conditions are made of what the kernel itself can decide, so that most are refused before they happen. Where
# this host's kernel cannot refuse the call the process is killed for it, and the rule's status says so.

# Repositories of images that write programs and run them: of compilers, of CI.
- list: prq_drift_images
  items: []

- rule: "Hardened: program that is not in the image"
  desc: >-
    Only what the image holds may run, but for the images in prq_drift_images. Package managers in running
    containers are stopped by it too, as are steps of builds: do not turn it on where images are built.
  condition: >-
    prq_executed and prq_container and proc.is_exe_upper_layer = true and not container.image.repository in
    (prq_drift_images)
  output: >-
    Program that is not in the image was stopped (process=%proc.name exe=%proc.exepath command=%proc.cmdline
    parent=%proc.pname parent_exe=%proc.pexepath user=%user.name container=%container.name
    container_id=%container.id image=%container.image.repository)
  priority: CRITICAL
  tags: [container, mitre_persistence, T1036, T1105]
  action: kill

- rule: "Hardened: program in shared memory"
  desc: >-
    Programs in shared memory may not run.
  condition: >-
    prq_executed and prq_container and proc.exepath pmatch (/dev/shm, /run/shm)
  output: >-
    Program in shared memory was stopped (process=%proc.name exe=%proc.exepath command=%proc.cmdline
    parent=%proc.pname parent_exe=%proc.pexepath user=%user.name container=%container.name
    container_id=%container.id image=%container.image.repository)
  priority: CRITICAL
  tags: [container, mitre_defense_evasion, T1620]
  action: kill

- rule: "Hardened: program in memory"
  desc: >-
    Programs in no file may not run. The runtime runs so itself before it becomes the container: this is
    looked at before it goes on.
  condition: >-
    prq_executed and prq_container and proc.is_exe_from_memfd = true and not prq_setup
  output: >-
    Program in memory was stopped (process=%proc.name exe=%proc.exepath command=%proc.cmdline
    parent=%proc.pname parent_exe=%proc.pexepath user=%user.name container=%container.name
    container_id=%container.id image=%container.image.repository)
  priority: CRITICAL
  tags: [container, mitre_defense_evasion, T1620]
  action: kill

- rule: "Hardened: program that was mounted"
  desc: >-
    Programs on volumes, in directories of the host and on file systems in memory may not run, but for those in
    prq_mounted_programs and the images in prq_drift_images.
  condition: >-
    prq_executed and prq_container and pratique.exe.mounted = true and not prq_mounted_on_purpose and not
    container.image.repository in (prq_drift_images) and not prq_setup
  output: >-
    Program that was mounted into the container was stopped (process=%proc.name exe=%proc.exepath
    command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: CRITICAL
  tags: [container, mitre_persistence, T1036, T1105]
  action: kill

- rule: "Hardened: program that the kernel runs"
  desc: >-
    No container says what the kernel runs as root of the host.
  condition: >-
    evt.type in (open, openat, openat2) and evt.is_open_write = true and prq_container and fd.name in
    (/proc/sys/kernel/core_pattern, /proc/sys/kernel/modprobe, /proc/sys/kernel/hotplug,
    /proc/sys/kernel/poweroff_cmd)
  output: >-
    Change of what the kernel runs was stopped (file=%fd.name process=%proc.name exe=%proc.exepath
    command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: CRITICAL
  tags: [container, mitre_privilege_escalation, T1611]
  action: deny

- rule: "Hardened: engine socket"
  desc: >-
    No container speaks to an engine, but for the images in prq_engine_clients.
  condition: >-
    evt.type = connect and prq_container and fd.typechar = u and (fd.name endswith docker.sock or fd.name
    endswith containerd.sock or fd.name endswith podman.sock or fd.name endswith crio.sock or fd.name
    startswith @/containerd-shim/) and not container.image.repository in (prq_engine_clients)
  output: >-
    Use of an engine socket was stopped (socket=%fd.name process=%proc.name exe=%proc.exepath
    command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: CRITICAL
  tags: [container, mitre_execution, T1609, T1610, T1611]
  action: deny

- rule: "Hardened: disk of the host"
  desc: >-
    No container opens a disk or the memory of the host.
  condition: >-
    evt.type in (open, openat, openat2) and prq_container and (fd.name startswith /dev/sd or fd.name
    startswith /dev/vd or fd.name startswith /dev/xvd or fd.name startswith /dev/hd or fd.name startswith
    /dev/nvme or fd.name startswith /dev/mmcblk or fd.name startswith /dev/dm- or fd.name in (/dev/mem,
    /dev/kmem, /dev/port))
  output: >-
    Opening of a disk of the host was stopped (device=%fd.name process=%proc.name exe=%proc.exepath
    command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: CRITICAL
  tags: [container, mitre_privilege_escalation, T1611]
  action: deny

- rule: "Hardened: metadata of the cloud"
  desc: >-
    No container asks for the credentials of the machine, but for those in prq_expected_metadata_clients.
  condition: >-
    prq_connects and prq_container and fd.sip in (prq_metadata_addresses) and not
    prq_expected_metadata_clients
  output: >-
    Connection to the metadata of the cloud was stopped (connection=%fd.name process=%proc.name
    exe=%proc.exepath command=%proc.cmdline parent=%proc.pname parent_exe=%proc.pexepath user=%user.name
    container=%container.name container_id=%container.id image=%container.image.repository)
  priority: CRITICAL
  tags: [container, mitre_credential_access, T1552.005]
  action: deny
`,
};
