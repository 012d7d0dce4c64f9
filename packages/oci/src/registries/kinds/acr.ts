import { distributionLike } from "./distribution.ts";

/** Azure Container Registry, which has the catalog of the distribution API. */
export const acr = distributionLike("acr", (host) => /\.azurecr\.(?:io|cn|us)$/u.test(host));
