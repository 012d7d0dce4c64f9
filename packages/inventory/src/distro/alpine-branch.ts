/** Where apk looks for packages. */
export const APK_REPOSITORIES = "etc/apk/repositories";

const MAIN = /^(?:https?|ftp):\/\/[^\s]*\/(?<branch>v\d{1,3}\.\d{1,3}|edge|latest-stable)\/main\/?$/u;

/**
 * The branch whose `main` repository packages are from; undefined where none or several are named. Repositories with
 * a tag (`@edge https://…`) count for packages that were asked for by it, and not here (apk-repositories(5)).
 */
export function parseBranch(text: string): string | undefined {
  const branches = new Set<string>();
  for (const line of text.split("\n")) {
    const branch = MAIN.exec(line.trim())?.groups?.branch;
    if (branch !== undefined) branches.add(branch);
  }
  const [branch] = branches;
  return branches.size === 1 && branch !== "latest-stable" ? branch : undefined;
}

/** Whether a branch is the one that os-release tells as well. */
export function isBranchOf(branch: string, version: string): boolean {
  return (
    branch !== "edge" &&
    (version === branch.slice(1) || version.startsWith(`${branch.slice(1)}.`)) &&
    !version.includes("_")
  );
}
