/**
 * Files by which somebody stays, or gets out: writes to them, and sockets of engines, are learned one by one and are
 * never part of anything coarser (MITRE ATT&CK T1037, T1053, T1098.004, T1546, T1548.003, T1574.006, T1611).
 */
const SENSITIVE = anyOf([
  /^\/etc\/(?:passwd|shadow|group|gshadow|sudoers|crontab|anacrontab|rc\.local|profile|environment|hosts|resolv\.conf)-?$/u,
  /^\/etc\/(?:ld\.so\.preload|ld\.so\.cache|ld\.so\.conf|nsswitch\.conf|bash\.bashrc)$/u,
  /^\/etc\/(?:sudoers\.d|cron\.[a-z]+|pam\.d|ssh|systemd|init\.d|profile\.d|ld\.so\.conf\.d|apt|apk)\//u,
  /^\/var\/spool\/(?:cron|at)\//u,
  /\/\.(?:ssh|aws|azure|docker|kube|gnupg)\//u,
  /\/\.(?:bashrc|bash_profile|bash_login|profile|zshrc|netrc|npmrc|pypirc|git-credentials)$/u,
  /^\/proc\/sys\/|^\/proc\/sysrq-trigger$|^\/proc\/[^/]+\/(?:mem|oom_score_adj|uid_map|gid_map|setgroups)$/u,
  /^\/sys\//u,
  /\/(?:release_agent|notify_on_release|devices\.allow|uevent_helper)$/u,
  /^\/(?:usr\/)?(?:local\/)?(?:s?bin|lib(?:32|64|x32)?)\//u,
  /^\/dev\/(?:mem|kmem|port|kmsg|sd|hd|vd|nvme|dm|loop|fuse)/u,
  /^\/(?:var\/)?run\/(?:docker|podman|containerd|crio|balena)\b.*\.sock$/u,
]);

/** Files whose content is a secret (T1552, T1555, T1003.008, T1528). */
const SECRET = anyOf([
  /^\/etc\/(?:shadow|gshadow|sudoers|krb<n>\.keytab)-?$/u,
  /^\/etc\/(?:sudoers\.d|ssl\/private|pki\/tls\/private)\//u,
  /^\/etc\/ssh\/ssh_host_[^/]*_key$/u,
  /^\/(?:var\/)?run\/secrets\//u,
  /\/\.(?:ssh|aws|azure|docker|kube|gnupg|config\/gcloud)\//u,
  /\/\.(?:netrc|npmrc|pypirc|git-credentials|pgpass|my\.cnf|vault-token|env)$/u,
  /\/(?:id_rsa|id_dsa|id_ecdsa|id_ed<n>|credentials\.json|wallet\.dat)$/u,
  /\.(?:pem|key|p<n>|pfx|jks|keystore|kdbx)$/u,
  /^\/proc\/[^/]+\/environ$/u,
  /^\/proc\/kcore$/u,
]);

/** A word of each line of {@link SECRET}. */
const SECRET_WORD =
  /shadow|sudoers|keytab|private|ssh|secrets|aws|azure|docker|kube|gnupg|gcloud|netrc|npmrc|pypirc|credentials|pgpass|my\.cnf|vault-token|\.env|id_|wallet|\.(?:pem|key|p\d|pfx|jks|kdbx)|environ|kcore/u;

/**
 * A quick look at a path as the kernel names it. False: its content is no secret, for sure, and reading it shows nothing
 * that a profile holds.
 */
export function mayBeSecret(path: string): boolean {
  return SECRET_WORD.test(path);
}

/** Expects a path as {@link patternOf} writes it. */
export function isSensitivePath(path: string): boolean {
  return SENSITIVE.test(path);
}

/** Expects a path as {@link patternOf} writes it. */
export function isSecretPath(path: string): boolean {
  return SECRET.test(path);
}

function anyOf(patterns: readonly RegExp[]): RegExp {
  return new RegExp(patterns.map(({ source }) => source).join("|"), "u");
}
