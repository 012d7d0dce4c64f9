import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { holdDirectory } from "./hold-directory.ts";

it("lets one part of a kind work in a directory, which it makes", async () => {
  using directory = tempDirectory();
  const place = directory.at("data/agent");
  {
    using _ = await holdDirectory(place, "agent");
    await expect(holdDirectory(place, "agent", { waitMs: 0 })).rejects.toMatchObject({
      code: "PART_FAILED",
      message: `another agent works in ${JSON.stringify(place)}`,
    });
  }
  using _ = await holdDirectory(place, "agent", { waitMs: 0 });
});
