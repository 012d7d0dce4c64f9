import type { ArgumentRow } from "./argument-rows.ts";
import type { ReadableEvent } from "./readable-event.ts";

const typeNames: ReadonlyMap<number, string> = new Map([
  [1, "A"],
  [2, "NS"],
  [5, "CNAME"],
  [6, "SOA"],
  [12, "PTR"],
  [15, "MX"],
  [16, "TXT"],
  [28, "AAAA"],
  [33, "SRV"],
  [64, "SVCB"],
  [65, "HTTPS"],
  [255, "ANY"],
]);

const codeNames: readonly string[] = ["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"];

/** What a question or an answer is about. Several questions or answers stand with commas between them. */
export const dnsArguments: readonly ArgumentRow[] = [
  argument("name", (event) => event.dnsMessage?.questions.map(({ name }) => name)),
  argument("type", (event) =>
    event.dnsMessage?.questions.map(({ type }) => typeNames.get(type) ?? `TYPE${type}`),
  ),
  argument("answers", (event) => event.dnsMessage?.answers.map(({ value }) => value)),
  argument("rcode", ({ dnsMessage }) =>
    dnsMessage?.isResponse === true
      ? [codeNames[dnsMessage.responseCode] ?? String(dnsMessage.responseCode)]
      : undefined,
  ),
  argument("direction", ({ dnsMessage }) =>
    dnsMessage === undefined ? undefined : [dnsMessage.isResponse ? "answer" : "question"],
  ),
];

function argument(name: string, read: (event: ReadableEvent) => readonly string[] | undefined): ArgumentRow {
  return { name, raw: (event) => read(event)?.join(","), text: () => undefined };
}
