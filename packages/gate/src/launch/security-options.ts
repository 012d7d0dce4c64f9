import type { Launch } from "@pratique/core";

/** What the list `SecurityOpt` of a host configuration comes to. */
export type SecurityOptions = Pick<Launch, "seccomp" | "apparmor" | "selinuxDisabled" | "noNewPrivileges">;

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
    if (key === "label" && value === "disable") selinuxDisabled = true;
    if (key === "seccomp") seccomp = value ?? "";
    if (key === "apparmor") apparmor = value ?? "";
  }
  return {
    seccomp: profile(seccomp, ["", "builtin"]),
    apparmor: profile(apparmor, ["", "docker-default"]),
    selinuxDisabled,
    noNewPrivileges,
  };
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
