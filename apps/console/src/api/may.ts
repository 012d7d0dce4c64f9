import type { Permission } from "@pratique/core";
import { useQuery } from "@tanstack/react-query";
import { sessionQuery } from "./queries.ts";

/**
 * Tells what the session may do: `allow`, `needs-approval`, or undefined where it is not to be offered. Where it is
 * held, the server still decides.
 */
export function useMay(): (permission: Permission) => "allow" | "needs-approval" | undefined {
  const { data } = useQuery(sessionQuery);
  return (permission) => data?.permissions[permission];
}
