import { openStore } from "@pratique/store";
import { postgresUnavailable, sharedPostgres, tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { AgentHost } from "../testdata/agent-host.ts";
import { testServer } from "../testdata/test-server.ts";

const ACKNOWLEDGED = "/agent/v1/acknowledged?logId=a";
const skipped = postgresUnavailable();

it.skipIf(skipped !== undefined)(
  `two servers over one PostgreSQL are one authority, and hear of each other's revocations ${skipped ?? ""}`,
  { timeout: 120_000 },
  async () => {
    using keys = tempDirectory();
    const cluster = await sharedPostgres();
    const postgres = await cluster.createDatabase();
    const options = {
      database: { postgres },
      keys: { current: { kind: "file" as const, file: keys.at("key") } },
      agents: { port: 0 },
      now: Date.now,
    };
    await using one = await testServer(options);
    await using other = await testServer(options);
    const [oneUrl = "", otherUrl = ""] = [one.running.agentsUrl, other.running.agentsUrl];
    const make = async () => {
      const { json } = await one.agent("/operator/v1/join-token", { method: "POST", body: {} });
      return String(json.secret);
    };

    // A token of one server is good at the other, once for both.
    using stranger = new AgentHost(otherUrl);
    const token = await make();
    const { reply, held } = await stranger.join(token, "web");
    expect(reply.status).toBe(200);
    using late = new AgentHost(oneUrl);
    expect((await late.join(token, "web-2")).reply.json).toMatchObject({ code: "JOIN_REFUSED" });

    // One certificate opens both, and an agent may go from one to the other.
    using atOne = new AgentHost(oneUrl, { held });
    using atOther = new AgentHost(otherUrl, { held, run: atOne.run });
    expect((await atOne.call(ACKNOWLEDGED)).status).toBe(200);
    expect((await atOther.call(ACKNOWLEDGED)).status).toBe(200);
    const store = await openStore({ postgres });
    try {
      expect(await store.fleet.identities.find("web")).toMatchObject({ state: "valid" });

      // Two programs with one key, each at its own server.
      using clone = new AgentHost(oneUrl, { held });
      expect((await clone.call(ACKNOWLEDGED)).status).toBe(200);
      for (let calls = 0; calls < 3; calls += 1) await atOther.call(ACKNOWLEDGED);
      await expect
        .poll(
          async () => {
            await atOther.call(ACKNOWLEDGED);
            return (await store.fleet.identities.find("web"))?.state;
          },
          { timeout: 5000 },
        )
        .toBe("cloned");

      const connection = await atOther.hold();
      await store.fleet.identities.revoke("web");
      await connection.ended;
      // The one may hear of it while it answers: then it cuts the call off.
      const refusal = async () => (await atOne.again().call(ACKNOWLEDGED)).json;
      await expect
        .poll(() => refusal().catch((thrown: unknown) => ({ code: String(thrown) })), { timeout: 5000 })
        .toMatchObject({ code: "HOST_REVOKED" });
    } finally {
      await store.close();
    }
  },
);
