import { type TarFile, tarOfFiles } from "@pratique/engine";

export const ATTACKS_PATH = "/pratique-attacks";

/** The files that attacks look for. None of their secrets opens anything. */
const texts: Readonly<Record<string, string>> = {
  "etc/passwd":
    "root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1:daemon:/:/bin/sh\napp:x:1000:1000::/home/app:/bin/sh\n",
  "etc/group": "root:x:0:\ndaemon:x:1:\napp:x:1000:\n",
  "etc/shadow": "root:!:19000:0:99999:7:::\n",
  "etc/gshadow": "root:!::\n",
  "etc/sudoers": "root ALL=(ALL:ALL) ALL\n",
  "etc/crontab": "# nothing\n",
  "etc/ld.so.preload": "",
  "etc/pratique-canary": "nobody has a reason to read this\n",
  "root/.bashrc": "# nothing\n",
  "root/.bash_history": "true\n",
  "root/.ssh/id_rsa": "no key\n",
  "root/.ssh/authorized_keys": "# nobody\n",
  "root/.aws/credentials": "[default]\n",
  "root/.docker/config.json": "{}\n",
  "host/etc/hostname": "scratch\n",
  "run/secrets/kubernetes.io/serviceaccount/token": "no token\n",
  "usr/bin/true": "no program\n",
  "usr/lib/liblzma.so.5.6.1": "no library\n",
  "lib64/ld-linux-x86-64.so.2": "no loader\n",
  "var/log/auth.log": "nothing\n",
  "var/log/syslog": "nothing\n",
  "var/lib/pratique/policies/selftest.yaml": "# nothing\n",
};

/** Empty ones that attacks write to, beside those that files are in. */
const directories = [
  "bin",
  "dev",
  "etc/apt/sources.list.d",
  "etc/cron.d",
  "etc/sudoers.d",
  "etc/systemd/system",
  "home/app",
  "mnt",
  "proc",
  "sys",
  "usr/sbin",
  "var/lib/rpm",
  "var/run",
  "var/spool/cron",
];

/** Names by which attacks are started as the first process of a container. */
const programNames = ["bin/sh", "bin/tar", "bin/whoami"];

/** An image that holds the attacks, what they look for, and nothing else. */
export function scratchImage(program: Uint8Array): Generator<Uint8Array> {
  const files: TarFile[] = [{ path: "tmp", mode: 0o1777 }];
  for (const path of parentsOf([...Object.keys(texts), ...directories.map((path) => `${path}/.`)])) {
    files.push({ path, mode: 0o755 });
  }
  for (const [path, text] of Object.entries(texts)) {
    files.push({ path, mode: 0o644, content: Buffer.from(text) });
  }
  files.push({ path: ATTACKS_PATH.slice(1), mode: 0o755, content: program });
  for (const path of programNames) files.push({ path, mode: 0o777, link: ATTACKS_PATH });
  return tarOfFiles(files);
}

/** Each directory once, before what is in it. */
function parentsOf(paths: readonly string[]): ReadonlySet<string> {
  const parents = new Set<string>();
  for (const path of paths) {
    const parts = path.split("/").slice(0, -1);
    for (const [place] of parts.entries()) parents.add(parts.slice(0, place + 1).join("/"));
  }
  return parents;
}
