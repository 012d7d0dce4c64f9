import { expect, it, vi } from "vitest";
import { Follower } from "./follower.ts";

it("looks once more for all that was asked for during a look, and never twice at a time", async () => {
  const looks: PromiseWithResolvers<void>[] = [];
  const follower = new Follower(
    () => {
      const look = Promise.withResolvers<void>();
      looks.push(look);
      return look.promise;
    },
    () => undefined,
  );
  follower.soon();
  await vi.waitFor(() => expect(looks).toHaveLength(1));
  for (let asked = 0; asked < 5; asked += 1) follower.soon();
  await Promise.resolve();
  expect(looks).toHaveLength(1);
  looks[0]?.resolve();
  await vi.waitFor(() => expect(looks).toHaveLength(2));
  looks[1]?.resolve();
  follower.soon();
  await vi.waitFor(() => expect(looks).toHaveLength(3));
  looks[2]?.resolve();
});

it("tells of a look that failed, and looks again", async () => {
  const errors: unknown[] = [];
  let looks = 0;
  const follower = new Follower(
    async () => {
      looks += 1;
      if (looks === 1) throw new Error("the store is away");
    },
    (error) => errors.push(error),
  );
  follower.soon();
  await vi.waitFor(() => expect(errors).toEqual([new Error("the store is away")]));
  follower.soon();
  await vi.waitFor(() => expect(looks).toBe(2));
  expect(errors).toHaveLength(1);
});
