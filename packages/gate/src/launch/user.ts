/** Go's `Atoi` takes a sign and any number of zeros. */
const ZERO = /^[+-]?0+$/u;

/** Tells whether `user[:group]` names user id 0; `rootAccounts` are the image's own names for it. */
export function isRootUser(user: string, rootAccounts: readonly string[]): boolean {
  const [name = ""] = user.split(":", 1);
  return name === "" || name === "root" || ZERO.test(name) || rootAccounts.includes(name);
}
