/** Rules of Falco's project that no attack here can set off, and why. */
export const upstreamRulesWithoutAttack: Readonly<Record<string, string>> = {
  "Contact K8S API Server From Container": "needs a name that only a cluster resolves",
  "Detect outbound connections to common miner pool ports":
    "needs names of pools that only the internet resolves",
  "Launch Disallowed Container": "allows every container until a user says otherwise",
  "Network Connection outside Local Subnet": "names no namespace of a cluster until a user says otherwise",
};
