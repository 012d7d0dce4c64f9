import { createRequire } from "node:module";
import { typeErrors } from "@pratique/testkit";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { formatNetworkPolicy, formatPodSpec } from "./export.ts";
import { hardeningOf } from "./hardening.ts";
import { Profile } from "./profile.ts";
import { image } from "./testdata/arbitrary-profile.ts";
import { webServer } from "./testdata/web-server.ts";

const options = { name: "web", image: "nginx:1.27", seccompPath: "profiles/web.json" };

/** What Kubernetes' own types say of a document of YAML. */
function errorsOf(yaml: string, group: string, name: string): string {
  const declarations = createRequire(import.meta.url).resolve(`kubernetes-types/${group}.d.ts`);
  return typeErrors([{ json: JSON.stringify(parse(yaml)), declarations, name }]);
}

it.each([
  ["a web server", webServer()],
  ["what was never seen", new Profile(image)],
])("the settings of %s are of Kubernetes' own types", (_, profile) => {
  const hardening = hardeningOf(profile);
  expect(errorsOf(formatPodSpec(hardening, options), "core/v1", "PodSpec")).toBe("");
  expect(errorsOf(formatNetworkPolicy(hardening, options), "networking/v1", "NetworkPolicy")).toBe("");
});

it("would be refused with a member that there is not", () => {
  const yaml = formatPodSpec(hardeningOf(webServer()), options);
  expect(errorsOf(yaml.replace("volumeMounts:", "volumeMount:"), "core/v1", "PodSpec")).toMatch(
    /"?volumeMount"?' does not exist/u,
  );
});
