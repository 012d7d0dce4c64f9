import { connect } from "node:net";

/** What a gate says of itself, as far as a bench looks at it. */
export interface GateStatus {
  readonly counts: Readonly<Record<string, number>>;
  readonly latency: { readonly p50Ms: number; readonly p95Ms: number; readonly p99Ms: number };
}

/** Asks a gate at its control socket. */
export async function askGateStatus(controlSocket: string): Promise<GateStatus> {
  const connection = connect(controlSocket);
  connection.write('{"command":"status"}\n');
  let text = "";
  for await (const chunk of connection.setEncoding("utf8")) {
    text += chunk;
    if (text.includes("\n")) break;
  }
  return JSON.parse(text);
}

/** How many calls a gate has answered. */
export async function countAnswered(controlSocket: string): Promise<number> {
  const { counts } = await askGateStatus(controlSocket);
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
