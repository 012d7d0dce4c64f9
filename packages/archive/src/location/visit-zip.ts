import { open } from "node:fs/promises";
import { fileSource } from "../byte-source.ts";
import { ZipReader } from "../zip.ts";
import type { Visit } from "./visit.ts";

const SIGNATURES = ["PK\u0003\u0004", "PK\u0005\u0006"];

/** Whether a file begins as a zip does. */
export async function isZip(path: string): Promise<boolean> {
  const handle = await open(path);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    return SIGNATURES.includes(buffer.subarray(0, bytesRead).toString("latin1"));
  } finally {
    await handle.close();
  }
}

/** Gives the wanted files of a zip in the order of its directory; names are shown, and never opened. */
export async function visitZip(path: string, shown: string, visit: Visit): Promise<void> {
  const handle = await open(path);
  try {
    const { size } = await handle.stat();
    const zip = new ZipReader(fileSource({ fd: handle.fd, size }), { entryBytes: visit.memberBytes });
    for (const entry of zip.entries()) {
      visit.count(0, 1);
      if (!visit.wants(entry.name)) continue;
      const content = zip.read(entry);
      visit.count(content.length, 0);
      await visit.file({ path: `${shown}/${entry.name}`, stream: () => given(content) });
    }
  } finally {
    await handle.close();
  }
}

async function* given(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content;
}
