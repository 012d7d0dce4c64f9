import { connect as connectHttp2 } from "node:http2";
import { connect } from "node:net";
import { MAX_DETAILS_BYTES } from "./detail-file.ts";

const SOCKET = "/run/containerd/containerd.sock";
const GET = "/containerd.services.containers.v1.Containers/Get";
/** Of a message of gRPC: whether it is compressed, and its length. */
const PREFIX_BYTES = 5;

export interface ContainerdName {
  readonly namespace: string;
  readonly id: string;
}

/**
 * The image that a container of containerd was made of, asked of containerd itself: clients like `ctr` write it into no
 * bundle. Empty where it has none. Rejects where containerd cannot be asked, or does not know the container.
 */
export async function askContainerdImage(
  { namespace, id }: ContainerdName,
  signal: AbortSignal,
  socketPath = SOCKET,
): Promise<string> {
  const session = connectHttp2("http://containerd", { createConnection: () => connect(socketPath) });
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined);
  session.on("error", failed.reject);
  try {
    const headers = {
      ":method": "POST",
      ":path": GET,
      "content-type": "application/grpc",
      te: "trailers",
      "containerd-namespace": namespace,
    };
    const stream = session.request(headers, { signal });
    stream.on("error", failed.reject);
    stream.end(
      messageOf(Buffer.concat([Buffer.from([TEXT_FIELD_1, Buffer.byteLength(id)]), Buffer.from(id)])),
    );
    const answer = await Promise.race([readAll(stream), failed.promise]);
    const container = bytesOf(answer.subarray(PREFIX_BYTES), 1);
    if (container === undefined)
      throw new Error(`containerd does not know the container ${JSON.stringify(id)}`);
    return bytesOf(container, IMAGE)?.toString("utf8") ?? "";
  } finally {
    session.destroy();
  }
}

/** Field 1, of a length: an id has at most 76 bytes, so that its length is one byte. */
const TEXT_FIELD_1 = 0x0a;
/** Of `containerd.services.containers.v1.Container`. */
const IMAGE = 3;

function messageOf(bytes: Buffer): Buffer {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([prefix, bytes]);
}

async function readAll(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > MAX_DETAILS_BYTES) throw new Error("containerd answers with too much");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The first field of a number that has a length, in the encoding of Protocol Buffers; undefined where there is none. */
function bytesOf(message: Buffer, wanted: number): Buffer | undefined {
  for (let at = 0; at < message.length; ) {
    const [key, afterKey] = varint(message, at);
    const [value, afterValue] = varint(message, afterKey);
    const kind = key & 7;
    // Only texts, messages and numbers are in what is read here.
    if (kind !== 2 && kind !== 0) return undefined;
    const end = kind === 2 ? afterValue + value : afterValue;
    if (kind === 2 && key >>> 3 === wanted && end <= message.length) return message.subarray(afterValue, end);
    at = end;
  }
  return undefined;
}

/** A number below 2^28, and where it ends; longer ones are none that is meant here. */
function varint(message: Buffer, start: number): readonly [value: number, end: number] {
  let value = 0;
  for (let at = start, shift = 0; at < message.length && shift < 28; at += 1, shift += 7) {
    const byte = message[at] ?? 0;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return [value, at + 1];
  }
  return [0, message.length];
}
