import { PratiqueError } from "@pratique/core";

export type AgentErrorCode =
  | "ENGINE_CONFIG_UNREADABLE"
  | "ENGINE_CONFIG_UNWRITABLE"
  | "ENGINE_NOT_FOUND"
  | "ENGINE_RELOAD_FAILED"
  | "ENGINE_START_FAILED"
  | "GATE_UNAVAILABLE"
  | "GATE_NOT_INSTALLED"
  | "SCAN_FAILED"
  | "SERVER_UNREACHABLE"
  | "SERVER_REFUSED"
  | "SOCKET_IN_USE"
  | "STATE_UNREADABLE";

/** The agent, or what it looks after, could not do its work. */
export class AgentError extends PratiqueError<AgentErrorCode> {
  override readonly name = "AgentError";
}
