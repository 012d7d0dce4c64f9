import { expect, it } from "vitest";
import { layerInstruction } from "./layer-instruction.ts";

it.each([
  ["/bin/sh -c #(nop) ADD file:4b2f in / ", "ADD file:4b2f in /"],
  [
    "/bin/sh -c apt-get update \t && apt-get install -y curl",
    "RUN apt-get update && apt-get install -y curl",
  ],
  ["RUN /bin/sh -c apk add curl # buildkit", "RUN apk add curl"],
  ["COPY . /app # buildkit", "COPY . /app"],
  ["COPY . /app # buildkit \n", "COPY . /app"],
  ["# buildkit", ""],
  ["|2 VERSION=1.2 TOKEN=a b c /bin/sh -c make VERSION", "RUN make VERSION"],
  ["RUN |1 NPM_TOKEN=npm_abc /bin/sh -c npm ci # buildkit", "RUN npm ci"],
  ["|1 SECRET=x /bin/bash -c make", "RUN a command with build arguments"],
  [
    "/bin/sh -c curl --password=hunter2 https://a:b@example.com",
    "RUN curl --password=*** https://***@example.com",
  ],
  ["bazel build ...", "bazel build ..."],
  ["", ""],
])("reads %j", (createdBy, expected) => {
  expect(layerInstruction(createdBy)).toBe(expected);
});

it("cuts what is long, and takes no time over what was made to take long", () => {
  const text = layerInstruction(`RUN ${" |1 /bin/sh -c".repeat(100_000)}`);
  expect(text).toHaveLength(1000);
  expect(text.endsWith("…")).toBe(true);
  // A thousand layers of nothing but spaces, as one image may have.
  for (let layer = 0; layer < 1000; layer += 1)
    expect(layerInstruction(`RUN${" ".repeat(20_000)}.`)).toBe("RUN");
});
