import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { contextIn } from "../testdata/context-in.ts";
import { registryWorkOf } from "./registry-work.ts";

it("tells processes that read images nothing of the database", async () => {
  using directory = tempDirectory();
  const { context } = await contextIn(directory);
  const environment = {
    PATH: "/usr/bin",
    PRATIQUE_HOST_NAME: "web-1",
    PRATIQUE_DATABASE_URL: "postgresql://pratique:s3cret@db.example/pratique",
    PRATIQUE_DATABASE_URL_FILE: directory.at("url"),
  };
  const { scanner } = registryWorkOf({ ...context, environment });
  expect(scanner?.environment).toEqual({ PATH: "/usr/bin", PRATIQUE_HOST_NAME: "web-1" });
});
