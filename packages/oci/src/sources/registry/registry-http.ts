import type { HttpClient } from "@pratique/http";

/** What requests to registries go through: the client itself, or what makes it keep to a pace. */
export type RegistryHttp = Pick<HttpClient, "request">;
