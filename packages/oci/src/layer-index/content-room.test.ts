import { array, assert, nat, property } from "fast-check";
import { expect, it } from "vitest";
import { ContentRoom } from "./content-room.ts";

it("gives zeros of the size that is asked for, and the same bytes to nobody else", () => {
  assert(
    property(array(nat({ max: 3000 }), { maxLength: 200 }), (sizes) => {
      const room = new ContentRoom();
      const given = sizes.map((size) => room.take(size));
      expect(given.map(({ length }) => length)).toEqual(sizes);
      for (const [index, bytes] of given.entries()) {
        expect(bytes.every((byte) => byte === 0)).toBe(true);
        bytes.fill((index % 255) + 1);
      }
      for (const [index, bytes] of given.entries())
        expect(bytes.every((byte) => byte === (index % 255) + 1)).toBe(true);
    }),
  );
});

it("puts small contents side by side, and gives large ones memory of their own", () => {
  const room = new ContentRoom();
  const [first, second, large] = [room.take(40), room.take(50), room.take(2000)];
  expect(second.buffer).toBe(first.buffer);
  expect(large.buffer.byteLength).toBe(2000);
});
