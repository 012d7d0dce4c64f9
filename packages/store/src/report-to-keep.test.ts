import type { ImageConfig } from "@pratique/core";
import { expect, it } from "vitest";
import { reportToKeep } from "./report-to-keep.ts";
import { reportOf } from "./testdata/samples.ts";

const config: ImageConfig = {
  os: "linux",
  architecture: "amd64",
  user: "",
  entrypoint: [],
  command: [],
  environment: ["PATH=/bin:/usr/bin", "TOKEN=a=b=c", "EMPTY=", "BARE"],
  workingDirectory: "",
  exposedPorts: [],
  volumes: [],
  labels: {},
  healthcheck: [],
};

it("keeps the names of environment variables and none of their values", () => {
  const report = reportOf("web", ["high"], { config });
  expect(reportToKeep(report)).toEqual({
    ...report,
    config: { ...config, environment: ["PATH", "TOKEN", "EMPTY", "BARE"] },
  });
});

it("leaves a report alone that has no configuration", () => {
  const report = reportOf("web", ["high"]);
  expect(reportToKeep(report)).toBe(report);
});
