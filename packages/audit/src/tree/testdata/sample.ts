import { createPrivateKey, randomBytes } from "node:crypto";
import { ed25519Signer, signatureTypes } from "../note-key.ts";
import type { TreeEvent } from "../tree-event.ts";
import { TreeLog, type TreeLogOptions } from "../tree-log.ts";

/** PKCS #8 of an Ed25519 key up to its 32 bytes (RFC 8410). */
const PKCS8_PREFIX = "302e020100300506032b657004220420";

function keyOf(seed: number): ReturnType<typeof createPrivateKey> {
  const der = Buffer.concat([Buffer.from(PKCS8_PREFIX, "hex"), Buffer.alloc(32, seed)]);
  return createPrivateKey({ key: der, format: "der", type: "pkcs8" });
}

export const logSigner = ed25519Signer("log.example/audit", keyOf(1));
export const forgerSigner = ed25519Signer("log.example/audit", keyOf(2));
export const witnessSigner = ed25519Signer("witness.example/1", keyOf(3), signatureTypes.cosignature);
export const secondWitnessSigner = ed25519Signer("witness.example/2", keyOf(4), signatureTypes.cosignature);

export const start = Date.parse("2026-01-02T03:04:05.678Z");

export function event(action: string, more: Partial<TreeEvent> = {}): TreeEvent {
  const actor = { id: "u-1", kind: "user", method: "password" } as const;
  return { class: "policy", action, actor, stage: "fact", ...more };
}

/** A log whose clocks stand, and which does nothing by itself. */
export function openLog(options: Pick<TreeLogOptions, "storage"> & Partial<TreeLogOptions>): TreeLog {
  return new TreeLog({
    signer: logSigner,
    now: () => new Date(start),
    elapsedMs: () => 0,
    random: randomBytes,
    ticking: false,
    ...options,
  });
}

/** Adds events `e0`, `e1`, … in one go. */
export async function fill(log: TreeLog, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, at) => log.append(event(`e${at}`))));
}
