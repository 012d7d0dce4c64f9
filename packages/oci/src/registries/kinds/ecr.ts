import { distributionLike } from "./distribution.ts";

/** Amazon's Elastic Container Registry: the catalog of the account, with what its credential helper gives. */
export const ecr = distributionLike("ecr", (host) =>
  /^\d{12}\.dkr\.ecr(?:-fips)?\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?$/u.test(host),
);
