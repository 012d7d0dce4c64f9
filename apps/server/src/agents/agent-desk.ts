import type { AgentAuthority } from "./agent-authority.ts";

/** What the routes of hosts that join work with, while agents are listened for. */
export interface AgentDesk {
  readonly authority: AgentAuthority;
  /** Where agents reach this server: `https://server.example:8444`. */
  readonly url: () => string;
}
