// `killed-rotation.ts KEY-RECORDS OLD-KEY NEW-KEY STEPS`: rotates, and dies by SIGKILL at a step of the new key.
import { KeyRing, openFileKey } from "../index.ts";
import { FileKeyStore } from "./file-key-store.ts";

const [, , records = "", oldFile = "", newFile = "", steps = ""] = process.argv;
const next = await openFileKey({ file: newFile });
const keys = await KeyRing.open({
  store: new FileKeyStore(records),
  provider: await openFileKey({ file: oldFile }),
  now: () => new Date(),
});
let left = Number(steps);

function step(): void {
  if (left === 0) process.kill(process.pid, "SIGKILL");
  left -= 1;
}

await keys.rotateKek({
  kind: next.kind,
  keyId: next.keyId,
  wrap: async (id, key) => {
    step();
    return next.wrap(id, key);
  },
  unwrap: async (id, wrapped) => {
    step();
    return next.unwrap(id, wrapped);
  },
  [Symbol.dispose]: () => undefined,
});
