import { createSocket } from "node:dgram";
import { createServer } from "node:net";

// The far end of a network of a test: TCP servers that take whatever comes, and a resolver. Started by far-network.ts
// as a program of its own, in a network namespace; its one argument is what the resolver answers, by name, as JSON.

const PORTS = [443, 7000, 9000];
const HEADER_BYTES = 12;

interface Answer {
  /** Another name that it is one for. */
  readonly alias?: string;
  readonly addresses: readonly string[];
}

const answers: Readonly<Record<string, Answer>> = JSON.parse(process.argv[2] ?? "{}");

function nameOf(question: Buffer): { readonly name: string; readonly end: number } {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = question[at] ?? 0; length > 0; length = question[at] ?? 0) {
    labels.push(question.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join(".").toLowerCase(), end: at + 5 };
}

function wireName(name: string): Buffer {
  const labels = name
    .split(".")
    .map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
  return Buffer.concat([...labels, Buffer.from([0])]);
}

/** RFC 1035, section 4.1.3; a minute to live. */
function resource(owner: string, type: number, data: Buffer): Buffer {
  const fixed = Buffer.from([0, type, 0, 1, 0, 0, 0, 60, data.length >> 8, data.length & 255]);
  return Buffer.concat([wireName(owner), fixed, data]);
}

function answerTo(question: Buffer): Buffer {
  const { name, end } = nameOf(question);
  const { alias, addresses } = answers[name] ?? { alias: undefined, addresses: [] };
  const records = [
    ...(alias === undefined ? [] : [resource(name, 5, wireName(alias))]),
    ...addresses.map((address) => resource(alias ?? name, 1, Buffer.from(address.split(".").map(Number)))),
  ];
  const header = Buffer.from(question.subarray(0, HEADER_BYTES));
  header.writeUInt16BE(0x8180, 2);
  header.writeUInt16BE(records.length, 6);
  header.fill(0, 8, HEADER_BYTES);
  return Buffer.concat([header, question.subarray(HEADER_BYTES, end), ...records]);
}

const resolver = createSocket("udp4", (message, { port, address }) => {
  resolver.send(answerTo(message), port, address);
});
/** When bytes came in last, by the address that they were sent to. */
const last: Record<string, number> = {};
process.stdin.on("data", () => process.stdout.write(`${JSON.stringify(last)}\n`));
let ready = 0;
function isReady(): void {
  ready += 1;
  if (ready === PORTS.length + 1) process.stdout.write("ready\n");
}
resolver.bind(53, "0.0.0.0", isReady);
for (const port of PORTS) {
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.on("data", (bytes) => {
      last[socket.localAddress ?? ""] = Date.now();
      socket.write(bytes);
    });
  });
  server.listen(port, "0.0.0.0", isReady);
}
