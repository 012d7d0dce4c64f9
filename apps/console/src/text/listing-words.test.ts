import { expect, it } from "vitest";
import { listingWords } from "./listing-words.ts";

it("tells whose list it is", () => {
  expect(listingWords({ value: "203.0.113.7", source: "feodo" }, "203.0.113.7")).toBe("listed by feodo");
});

it("tells what is listed where the peer is called otherwise", () => {
  const listed = { value: "203.0.113.0/24", source: "drop" };
  expect(listingWords(listed, "203.0.113.7")).toBe("listed by drop as 203.0.113.0/24");
});
