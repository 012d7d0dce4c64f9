/**
 * Endpoints of the contract that no route file binds yet. It only ever becomes shorter.
 * `joinHost` and `renewCertificate` are for the listener of other hosts' agents alone, and are tested with it.
 */
export const notBoundYet: ReadonlySet<string> = new Set([
  "joinHost",
  "renewCertificate",
]);
