/** Where the agent and its parts tell what they do: a constant message, and fields. */
export interface AgentLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}
