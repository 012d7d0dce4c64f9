import { PratiqueError } from "@pratique/core";

export type AgentErrorCode =
  | "ENGINE_CONFIG_UNREADABLE"
  | "ENGINE_CONFIG_UNWRITABLE"
  | "ENGINE_NOT_FOUND"
  | "ENGINE_REFUSED_KILL"
  | "ENGINE_RELOAD_FAILED"
  | "ENGINE_START_FAILED"
  | "GATE_INSTALLED_ELSEWHERE"
  | "GATE_INSTALL_UNREADABLE"
  | "GATE_NOT_INSTALLED"
  | "GATE_ON_COMMAND_LINE"
  | "GATE_START_FAILED"
  | "GATE_UNAVAILABLE"
  | "IDENTITY_EXISTS"
  | "IDENTITY_UNREADABLE"
  | "JOIN_REFUSED"
  | "RUNTIME_REFUSED"
  | "RUNTIME_UNAVAILABLE"
  | "SCAN_FAILED"
  | "SERVER_DISOWNS"
  | "SERVER_REFUSED"
  | "SERVER_UNREACHABLE"
  | "SERVER_UNTRUSTED"
  | "SOCKET_IN_USE"
  | "STATE_UNREADABLE"
  | "TOKEN_MALFORMED";

/** The agent, or what it looks after, could not do its work. */
export class AgentError extends PratiqueError<AgentErrorCode> {
  override readonly name = "AgentError";
}
