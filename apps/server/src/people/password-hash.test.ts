import { argon2Sync } from "node:crypto";
import { expect, it } from "vitest";
import { PasswordHasher } from "./password-hash.ts";

const cheap = { memoryKib: 64, passes: 1, lanes: 1 };
const hasher = new PasswordHasher(cheap);

it("is argon2id as RFC 9106, 5.3 computes it", () => {
  const tag = argon2Sync("argon2id", {
    message: Buffer.alloc(32, 1),
    nonce: Buffer.alloc(16, 2),
    secret: Buffer.alloc(8, 3),
    associatedData: Buffer.alloc(12, 4),
    parallelism: 4,
    tagLength: 32,
    memory: 32,
    passes: 3,
  });
  expect(tag.toString("hex")).toBe("0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659");
});

it("verifies what it hashed, in any normal form, and nothing else", async () => {
  const hash = await hasher.hash("caf\u00e9 au lait, s'il vous pla\u00eet");
  expect(hash).toMatch(/^\$argon2id\$v=19\$m=64,t=1,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/u);
  expect(await hasher.verify("cafe\u0301 au lait, s'il vous plai\u0302t", hash)).toBe(true);
  expect(await hasher.verify("caf\u00e9 au lait, s'il vous pla\u00ees", hash)).toBe(false);
  expect(await hasher.hash("again")).not.toBe(await hasher.hash("again"));
});

it.each([
  ["nothing", null],
  ["an empty text", ""],
  ["another algorithm", "$2b$10$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZabcde"],
  [
    "a cost that would fill the memory",
    `$argon2id$v=19$m=9999999,t=1,p=1$${"A".repeat(22)}$${"A".repeat(43)}`,
  ],
  ["a cost that would never end", `$argon2id$v=19$m=64,t=99,p=1$${"A".repeat(22)}$${"A".repeat(43)}`],
])("lets nobody in with %s as the hash", async (_, hash) => {
  expect(await hasher.verify("", hash)).toBe(false);
});

it("notices a hash of another cost", async () => {
  const hash = await hasher.hash("a");
  expect(hasher.isOutdated(hash)).toBe(false);
  expect(new PasswordHasher({ ...cheap, passes: 2 }).isOutdated(hash)).toBe(true);
  expect(hasher.isOutdated("x")).toBe(true);
});

it("sends away who would have to wait for too many others", async () => {
  const all = await Promise.allSettled(Array.from({ length: 50 }, () => hasher.hash("a")));
  const refused = all.filter(({ status }) => status === "rejected");
  expect(refused).toHaveLength(50 - 2 - 32);
  expect(refused[0]).toMatchObject({ reason: { code: "TOO_MANY_REQUESTS", retryAfterSeconds: 5 } });
  await expect(hasher.hash("a")).resolves.toContain("$argon2id$");
});

it("answers for who has no account as before, once a crowd at the door has gone", async () => {
  const busy = new PasswordHasher(cheap);
  const crowd = Array.from({ length: 2 + 32 }, () => busy.hash("a"));
  await expect(busy.verify("a", null)).rejects.toMatchObject({ code: "TOO_MANY_REQUESTS" });
  await Promise.all(crowd);
  await expect(busy.verify("a", null)).resolves.toBe(false);
});
