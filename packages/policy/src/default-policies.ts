import type { PolicyDocument } from "./policy.ts";

const IMAGES = `apiVersion: pratique/v1
kind: Policy
metadata:
  name: images
  description: What an image must be, whatever it is started with
spec:
  rules:
    - name: assessed
      description: An image that could not be judged is not let in unseen
      deny: >-
        image.assessment.state == "none" || (image.assessment.state == "partial" &&
        (size(image.assessment.codes) == 0 || image.assessment.codes.exists(code,
        !(code in ["ADVISORIES_STARTER_ONLY", "ADVISORIES_STALE", "DISTRO_END_OF_LIFE"]) &&
        !(code == "ADVISORIES_MISSING" && "ADVISORIES_STARTER_ONLY" in image.assessment.codes))))
      message: the image could not be fully assessed
      value: >-
        {{ image.known ? "assessment " + image.assessment.state + ": " + image.assessment.codes.join(", ") +
        image.assessment.reasons.filter(reason,
        !(reason.code in ["ADVISORIES_STARTER_ONLY", "ADVISORIES_STALE", "DISTRO_END_OF_LIFE"]))
        .map(reason, "; " + reason.message).join("") : "the image has not been scanned" }}
      fix: >-
        {{ !image.known ? "scan the image"
        : image.assessment.codes.exists(code, code.startsWith("ADVISORIES_"))
        ? "bring in advisories (pratique advisories update), and scan again"
        : "mend what the scan could not read, and scan again" }}:
        pratique image scan {{ image.reference }}

    - name: advisories-fresh
      description: What was judged from old or few advisories may have more wrong with it
      enforcement: warn
      deny: image.assessment.codes.exists(code, code in ["ADVISORIES_STARTER_ONLY", "ADVISORIES_STALE"])
      message: the image was judged from advisories that are old, or far from complete
      value: "{{ image.assessment.codes.join(', ') }}"
      fix: "bring in current advisories: pratique advisories update"

    - name: distro-supported
      description: A release that has come to its end gets no more advisories, so that nothing is known of it
      enforcement: warn
      deny: "'DISTRO_END_OF_LIFE' in image.assessment.codes"
      message: the release of the image's distribution has come to its end
      value: "{{ image.distro.id + ' ' + image.distro.version }}"
      fix: build the image on a release that is still supported

    - name: no-known-exploited
      description: Vulnerabilities that are used in attacks today (CISA KEV), whether or not a fix is out
      forEach:
        finding: findings
      deny: >-
        finding.knownExploited && finding.confidence == "high" &&
        !(finding.package in ["linux-libc-dev", "linux-headers"])
      message: the image has a vulnerability that is being exploited
      value: "{{ finding.id }} in {{ finding.package }} {{ finding.version }}"
      fix: >-
        {{ finding.fixable ? "update " + finding.package + " to " + finding.fixedVersion
        : "remove " + finding.package + ", of which no fixed version is known" }}

    - name: no-fixable-critical
      description: Critical vulnerabilities for which an update is out
      forEach:
        finding: findings
      deny: >-
        finding.severity == "critical" && finding.fixable && finding.confidence == "high" &&
        !(finding.package in ["linux-libc-dev", "linux-headers"])
      message: the image has critical vulnerabilities that an update would mend
      value: "{{ finding.id }} in {{ finding.package }} {{ finding.version }}"
      fix: "update {{ finding.package }} to {{ finding.fixedVersion }}"

    - name: no-fixable-high
      description: High vulnerabilities for which an update is out
      enforcement: warn
      forEach:
        finding: findings
      deny: >-
        finding.severity == "high" && finding.fixable && finding.confidence == "high" &&
        !(finding.package in ["linux-libc-dev", "linux-headers"])
      message: the image has high vulnerabilities that an update would mend
      value: "{{ finding.id }} in {{ finding.package }} {{ finding.version }}"
      fix: "update {{ finding.package }} to {{ finding.fixedVersion }}"

    - name: image-user
      description: The launch may still choose a user, so this is a warning until then
      stages: [build]
      enforcement: warn
      deny: image.known && image.runsAsRoot
      message: the image runs as root unless the launch says otherwise
      value: '{{ image.user == "" ? "no user is set" : "user " + image.user }}'
      fix: set another user in the image (USER 1000), or start it with --user 1000
`;

const CONTAINERS = `apiVersion: pratique/v1
kind: Policy
metadata:
  name: containers
  description: What a container may ask of its host
spec:
  when: launch.action != "exec"
  rules:
    - name: no-root-user
      description: Root in a container is root on the host once it breaks out
      deny: launch.runsAsRoot
      message: the container would run as root
      value: '{{ launch.user == "" ? "no user is set" : "user " + launch.user }}'
      fix: start it with another user (--user 1000), or set one in the image (USER 1000)

    - name: no-privileged
      description: A privileged container has every capability and every device
      deny: launch.privileged
      message: the container would be privileged
      value: --privileged
      fix: leave out --privileged, and give the one capability or device that is needed

    - name: no-joined-privileged
      description: Who shares processes, memory, network or files with a privileged container is next to its privileges
      deny: size(launch.joinedPrivileged) > 0
      message: the container would share namespaces or volumes with a privileged container
      value: "{{ launch.joinedPrivileged }}"
      fix: use a network or a named volume instead, or take the privileges away from the other container

    - name: no-host-namespaces
      description: A shared namespace lets the container see or change what is the host's
      deny: size(launch.hostNamespaces) > 0
      message: the container would share namespaces with the host
      value: "{{ launch.hostNamespaces }}"
      fix: give the container its own namespaces, and publish the ports that are needed

    - name: no-engine-socket
      description: Who can speak to the engine is root on the host
      onRestart: enforce
      forEach:
        mount: launch.mounts
      deny: mount.engineSocket
      message: the container would control the container engine
      value: "{{ mount.hostPath == '' ? mount.source : mount.hostPath }} at {{ mount.target }}"
      fix: leave out the mount of the engine's socket

    - name: no-sensitive-mounts
      description: Directories of the host through which a container reads secrets or takes the host over
      onRestart: enforce
      forEach:
        mount: launch.mounts
      deny: >-
        !mount.engineSocket && (
        mount.hostPath.touches(["/etc", "/root", "/proc", "/sys", "/boot", "/dev", "/run", "/var/run",
        "/var/lib/docker", "/var/lib/containerd", "/var/lib/containers", "/var/lib/kubelet",
        "/var/lib/pratique", "/var/lib/systemd", "/var/lib/cloud", "/var/spool/cron"])
        && !(mount.readOnly && mount.hostPath.isWithin(["/etc/localtime", "/etc/timezone", "/etc/ssl/certs",
        "/etc/ca-certificates", "/etc/pki/ca-trust"]))
        || mount.hostPath.matches("^/home(/[^/]+(/[.]ssh(/.*)?)?)?$")
        || !mount.readOnly && mount.hostPath.touches(["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64",
        "/opt", "/snap"]))
      message: the container would reach a sensitive directory of the host
      value: "{{ mount.hostPath }} at {{ mount.target }}{{ mount.readOnly ? ', read-only' : '' }}"
      fix: >-
        {{ !mount.readOnly && mount.hostPath.isWithin(["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64",
        "/opt", "/snap", "/etc/localtime", "/etc/timezone", "/etc/ssl/certs", "/etc/ca-certificates",
        "/etc/pki/ca-trust"]) ? "mount it read-only (:ro)"
        : "mount the one directory that is needed, outside the system's own, or use a named volume" }}

    - name: no-shared-propagation
      description: What the container mounts would appear on the host
      forEach:
        mount: launch.mounts
      deny: mount.propagation in ["shared", "rshared"]
      message: mounts made in the container would appear on the host
      value: "{{ mount.source }} with propagation {{ mount.propagation }}"
      fix: leave out the propagation, or use rslave

    - name: no-dangerous-capabilities
      description: Each of these is a way out of the container
      forEach:
        capability: launch.capAdd
      deny: >-
        capability in ["ALL", "BPF", "CHECKPOINT_RESTORE", "DAC_READ_SEARCH", "MAC_ADMIN", "MAC_OVERRIDE",
        "PERFMON", "SYS_ADMIN", "SYS_BOOT", "SYS_MODULE", "SYS_PTRACE", "SYS_RAWIO"]
      message: the container would get capabilities that lead out of it
      value: "{{ capability }}"
      fix: leave these capabilities out

    - name: few-capabilities
      description: Capabilities beyond the engine's default set
      enforcement: warn
      forEach:
        capability: launch.capAdd
      deny: >-
        !(capability in ["AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD",
        "NET_BIND_SERVICE", "NET_RAW", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"])
      message: the container would get more capabilities than the engine gives by default
      value: "{{ capability }}"
      fix: add only the capabilities that the program cannot do without

    - name: no-unconfined
      description: The profiles that stand between the container and the kernel
      deny: >-
        launch.seccomp == "unconfined" || launch.apparmor == "unconfined" || launch.selinuxDisabled ||
        launch.unmaskedPaths
      message: the container would run without the engine's confinement
      value: >-
        {{ (launch.seccomp == "unconfined" ? ["seccomp off"] : []) +
        (launch.apparmor == "unconfined" ? ["AppArmor off"] : []) +
        (launch.selinuxDisabled ? ["SELinux off"] : []) +
        (launch.unmaskedPaths ? ["/proc and /sys unmasked"] : []) }}
      fix: >-
        leave out the security options that switch profiles off;
        --privileged, --pid host and --ipc host switch SELinux off, too

    - name: custom-seccomp
      description: A profile of one's own can allow anything
      enforcement: warn
      deny: launch.seccomp == "custom"
      message: the container brings its own seccomp profile
      value: seccomp custom
      fix: use the engine's default profile

    - name: no-devices
      description: Devices of the host are outside every namespace
      deny: size(launch.devices) > 0 || size(launch.deviceCgroupRules) > 0
      message: the container would get devices of the host
      value: "{{ launch.devices + launch.deviceCgroupRules }}"
      fix: leave out --device and --device-cgroup-rule

    - name: device-requests
      description: Devices that a driver hands out, such as GPUs
      enforcement: warn
      deny: size(launch.deviceRequests) > 0
      message: the container asks a driver for devices
      value: "{{ launch.deviceRequests }}"
      fix: leave out --gpus where they are not needed

    - name: joined-containers
      description: What is allowed to one container then holds for the other
      enforcement: warn
      deny: size(launch.joinedContainers) > 0 || size(launch.volumesFrom) > 0
      message: the container would share namespaces or volumes with another container
      value: "{{ launch.joinedContainers + launch.volumesFrom }}"
      fix: use a network or a named volume instead

    - name: no-new-privileges
      description: Programs with the set-user-id bit can raise privileges
      enforcement: dry-run
      deny: "!launch.noNewPrivileges"
      message: programs in the container may gain privileges
      value: no-new-privileges is not set
      fix: start it with --security-opt no-new-privileges

    - name: read-only-root
      description: An attacker can keep tools in a root file system that can be written
      enforcement: dry-run
      deny: "!launch.readOnlyRoot"
      message: the container's root file system can be written
      value: the root file system is not read-only
      fix: start it with --read-only, and --tmpfs where the program writes

    - name: resource-limits
      description: One container can use up the host
      enforcement: dry-run
      deny: launch.memoryLimitBytes <= 0 || launch.pidsLimit <= 0
      message: the container may use all memory or processes of the host
      value: "memory {{ launch.memoryLimitBytes }}, processes {{ launch.pidsLimit }} (0 is no limit)"
      fix: start it with --memory and --pids-limit
`;

const EXEC = `apiVersion: pratique/v1
kind: Policy
metadata:
  name: exec
  description: What may be run inside a container that is already up
spec:
  when: launch.action == "exec"
  rules:
    - name: no-privileged-exec
      description: A privileged command in a container leads out of it
      deny: launch.privileged
      message: the command would be privileged
      value: --privileged
      fix: leave out --privileged

    - name: root-exec
      description: Commands as root in a container, for the record
      enforcement: dry-run
      deny: launch.runsAsRoot
      message: the command would run as root
      value: '{{ launch.user == "" ? "no user is set" : "user " + launch.user }}'
      fix: run it with --user 1000
`;

/**
 * The built-in set, used where the user has none. What it refuses, and why, is told in
 * docs/reference/policies.md.
 *
 * - A known exploited vulnerability is refused even where no fix is out: somebody uses it today, and a team that
 *   has to live with it for a while says so in an exception with an owner and an end.
 * - Kernel headers carry the kernel's vulnerabilities by name, but no kernel runs inside a container.
 * - With the small advisory set that ships with Pratique every image would be "partial", and whole ecosystems would
 *   be without advisories; that is said loudly, but does not refuse everything in the first minutes. Once there
 *   are real advisories, an ecosystem without any is a gap that is refused.
 */
export const defaultPolicies: readonly PolicyDocument[] = [
  { path: "built-in/images.yaml", text: IMAGES },
  { path: "built-in/containers.yaml", text: CONTAINERS },
  { path: "built-in/exec.yaml", text: EXEC },
];
