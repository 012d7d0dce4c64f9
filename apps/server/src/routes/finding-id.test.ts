import { listFindings } from "@pratique/api";
import { expect, it } from "vitest";
import { administrator } from "../testdata/people.ts";
import { sampleReport } from "../testdata/samples.ts";
import { testServer } from "../testdata/test-server.ts";

it.each([
  ["CVE-2026-0001", ["CVE-2026-0001"]],
  ["CVE-2026-000", []],
  ["cve-2026-0001", []],
])("lists the findings of %s by its whole id alone", async (id, expected) => {
  await using server = await testServer();
  const admin = await administrator(server);
  const body = sampleReport("nginx:1.27");
  await server.agent(`/agent/v1/images/${body.target.imageId}`, { method: "PUT", body });
  for (const sort of ["severity", "epss", "firstSeen", "id"]) {
    const reply = await admin.call("GET", `/api/v1/findings?id=${id}&sort=${sort}`);
    const { items, total } = listFindings.reply.parse(reply.json);
    expect([items.map((item) => item.id), total]).toEqual([expected, expected.length]);
  }
});
