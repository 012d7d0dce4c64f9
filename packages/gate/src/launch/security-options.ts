import { type Launch, parseJson } from "@pratique/core";

/** What the list `SecurityOpt` of a host configuration comes to. */
export type SecurityOptions = Pick<Launch, "seccomp" | "apparmor" | "selinuxDisabled" | "noNewPrivileges">;

/**
 * The types of SELinux for what is in a container, those that udica makes included (`my.process`). Others are for what is
 * not: `spc_t` and `unconfined_t` may do all that root may.
 */
const CONTAINER_TYPE =
  /^(?:container(?:_device|_init|_kvm|_logreader|_logwriter|_userns)?_t|svirt_(?:lxc_net|kvm_net|qemu_net|sandbox_net)_t|[\w-]+\.process)$/u;
/** What a filter does with a system call when it keeps nobody from it. */
const LETS_PASS: ReadonlySet<unknown> = new Set(["SCMP_ACT_ALLOW", "SCMP_ACT_LOG"]);

const PARSED_TRUE: ReadonlySet<string> = new Set(["1", "t", "T", "TRUE", "true", "True"]);

/** Reads the options as the engine does: `key=value`, the older `key:value`, or a bare word; the last one wins. */
export function readSecurityOptions(options: readonly string[]): SecurityOptions {
  let seccomp = "";
  let apparmor = "";
  let selinuxDisabled = false;
  let noNewPrivileges = false;
  for (const option of options) {
    const { key, value } = split(option);
    if (key === "no-new-privileges") noNewPrivileges = value === undefined || PARSED_TRUE.has(value);
    if (key === "disable" && value === undefined) selinuxDisabled = true;
    if (key === "label" && isUnlabelled(value ?? "")) selinuxDisabled = true;
    if (key === "seccomp") seccomp = value ?? "";
    if (key === "apparmor") apparmor = value ?? "";
  }
  return {
    seccomp: letsAllPass(seccomp) ? "unconfined" : profile(seccomp, ["", "builtin"]),
    apparmor: profile(apparmor, ["", "docker-default"]),
    selinuxDisabled,
    noNewPrivileges,
  };
}

function isUnlabelled(label: string): boolean {
  if (label === "disable") return true;
  return label.startsWith("type:") && !CONTAINER_TYPE.test(label.slice("type:".length));
}

/** A profile that names what it forbids, and lets pass what it does not know, confines nothing that is worth it. */
function letsAllPass(seccomp: string): boolean {
  if (!seccomp.trimStart().startsWith("{")) return false;
  try {
    const read: unknown = parseJson(seccomp);
    // Go takes the key in any case, and passes over a second one that is null.
    return Object.entries(Object(read)).some(
      ([key, action]) => key.toLowerCase() === "defaultaction" && (action === null || LETS_PASS.has(action)),
    );
  } catch {
    // The engine refuses it as well; it is some profile of their own.
    return false;
  }
}

function split(option: string): { readonly key: string; readonly value: string | undefined } {
  const separator = option.includes("=") ? "=" : ":";
  const at = option.indexOf(separator);
  if (at < 0) return { key: option, value: undefined };
  return { key: option.slice(0, at), value: option.slice(at + 1) };
}

function profile(name: string, defaults: readonly string[]): "default" | "unconfined" | "custom" {
  if (name === "unconfined") return "unconfined";
  return defaults.includes(name) ? "default" : "custom";
}
