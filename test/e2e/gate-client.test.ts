import { connect } from "node:net";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type GatedEngine, IMAGE, startGatedEngine } from "./gate-harness.ts";
import { engineUnavailable } from "./private-engine.ts";

const unavailable = engineUnavailable();

describe.skipIf(unavailable !== undefined)(
  `docker's own command line under a gate ${unavailable ?? ""}`,
  () => {
    let gated: GatedEngine;

    beforeAll(async () => {
      gated = await startGatedEngine({ actionRules: () => ({ "swarm.join": "allow" }) });
    });

    afterAll(async () => {
      await gated[Symbol.asyncDispose]();
    });

    // In this order: each command works on what those before it left.
    it.each([
      `run --name web --detach --user 1000 --network none ${IMAGE} sleep 600`,
      "exec --env A=1 --workdir /tmp web true",
      "exec --detach web sleep 1",
      "cp /etc/hostname web:/tmp/name",
      "cp web:/etc/passwd -",
      "logs web",
      "top web",
      "stats --no-stream web",
      "diff web",
      "port web",
      "update --cpu-shares 512 --restart on-failure:3 web",
      "pause web",
      "unpause web",
      "restart --time 0 web",
      "rename web site",
      "commit --message m site committed:1",
      "tag committed:1 tagged:1",
      "history tagged:1",
      "export site",
      "save tagged:1",
      "stop --time 0 site",
      "start site",
      "kill site",
      "wait site",
      "volume create --label a=b --opt type=tmpfs --opt device=tmpfs vol",
      "volume inspect vol",
      "network create --config-only --label a=b n",
      "network ls",
      `run --rm --user 1000 --network none --mount type=volume,src=vol,dst=/v --tmpfs /t ${IMAGE} true`,
      `create --user 1000 --network none --read-only --cap-drop ALL --pids-limit 9 --init --hostname h ${IMAGE}`,
      `create --user 1000 --security-opt no-new-privileges --ulimit nofile=99 --log-opt max-size=1m ${IMAGE}`,
      `create --user 1000 --health-cmd true --stop-timeout 1 --shm-size 1m --oom-score-adj 1 --dns ::1 ${IMAGE}`,
      `create --user 1000 --label a=b --expose 80 --publish 127.0.0.1:8080:80 --add-host a:::1 ${IMAGE}`,
      `create --user 1000 --cpus 0.5 --memory 64m --annotation a=b --entrypoint /bin/true ${IMAGE}`,
      "rm --force --volumes site",
      "container prune --force",
      "rmi tagged:1",
      "image prune --force",
      "volume rm vol",
      "network rm n",
      "system df",
      "info",
      "version",
    ])("works: docker %s", async (command) => {
      const { code, stderr } = await gated.engine.docker(command.split(" "));
      expect([code, stderr]).toEqual([0, expect.not.stringContaining("Error")]);
    });

    it("says that there is no such container, as the engine does", async () => {
      for (const verb of ["start", "restart", "unpause"]) {
        expect((await gated.engine.docker([verb, "nobody"])).stderr).toContain("No such container: nobody");
      }
    });

    it("takes what client libraries add to their requests", async () => {
      // As dockerode runs an image, and as docker-java and dockerode run a command in a container.
      const create = {
        Image: IMAGE,
        Cmd: ["sleep", "60"],
        User: "1000",
        Env: null,
        Volumes: {},
        VolumesFrom: [],
      };
      const HostConfig = { AutoRemove: true, NetworkMode: "none" };
      expect((await gated.post("/containers/create?name=library", { ...create, HostConfig })).status).toBe(
        201,
      );
      expect((await gated.post("/containers/library/start")).status).toBe(204);
      const exec = { containerId: "library", Cmd: ["echo", "heard"], AttachStdout: true };
      const made = await gated.post("/containers/library/exec", exec);
      expect(made.status).toBe(201);
      const id = /"Id":"(?<id>[0-9a-f]{64})"/u.exec(made.text)?.groups?.id;
      const ran = await gated.post(`/exec/${id}/start`, {
        hijack: true,
        stdin: true,
        Detach: false,
        Tty: false,
      });
      expect(ran.text).toContain("heard");
      expect((await gated.engine.docker(["rm", "--force", "library"])).code).toBe(0);
    });

    it("judges services, and the host's network among theirs", async () => {
      const joined = await gated.engine.docker(["swarm", "init", "--advertise-addr", "127.0.0.1"]);
      expect([joined.code, joined.stderr]).toEqual([0, ""]);
      const create = (...flags: string[]) =>
        gated.engine.docker([
          "service",
          "create",
          "--detach",
          "--no-resolve-image",
          "--user",
          "1000",
          ...flags,
          IMAGE,
          "true",
        ]);
      const onHost = await create("--network", "host");
      expect(onHost.stderr).toContain("containers/no-host-namespaces");
      const bound = await create("--mount", "type=bind,src=/etc,dst=/h");
      expect(bound.stderr).toContain("containers/no-sensitive-mounts");
      const plain = await create("--name", "plain", "--restart-condition", "none", "--limit-memory", "64m");
      expect([plain.code, plain.stderr]).toEqual([0, ""]);
      const updated = await gated.engine.docker([
        "service",
        "update",
        "--detach",
        "--cap-add",
        "SYS_ADMIN",
        "plain",
      ]);
      expect(updated.stderr).toContain("containers/no-dangerous-capabilities");
      // What it gets by a rollback is not what the call shows.
      await gated.gate(false);
      for (const flag of ["--cap-add", "--cap-drop"]) {
        const change = ["service", "update", "--detach", flag, "SYS_ADMIN", "plain"];
        expect((await gated.engine.docker(change)).code).toBe(0);
      }
      await gated.gate(true);
      const rolledBack = await gated.engine.docker(["service", "rollback", "--detach", "plain"]);
      expect(rolledBack.stderr).toContain("containers/no-dangerous-capabilities");
      const label = ["service", "update", "--detach", "--label-add", "a=b", "plain"];
      expect((await gated.engine.docker(label)).code).toBe(0);
      const back = await gated.engine.docker(["service", "rollback", "--detach", "plain"]);
      expect([back.code, back.stderr]).toEqual([0, ""]);
      await gated.engine.docker(["service", "rm", "plain"]);
      expect((await gated.engine.docker(["swarm", "leave", "--force"])).code).toBe(0);
    });

    it("is asked and answers while a new gate takes over", async () => {
      const asked = gated.records.length;
      const calls = Array.from({ length: 20 }, () => gated.post("/images/prune"));
      const [answers] = await Promise.all([Promise.all(calls), gated.takeOver()]);
      const later = await gated.post("/images/prune");
      // An engine prunes one at a time, and says so to the others.
      expect([...answers, later].filter(({ status }) => status !== 200 && status !== 409)).toEqual([]);
      expect(gated.records.length - asked).toBeGreaterThanOrEqual(21);
    });

    it("tells its supervisor what it did", async () => {
      const socket = connect(gated.controlSocket);
      socket.write('{"command":"status"}\n');
      for await (const line of createInterface({ input: socket })) {
        expect(JSON.parse(line)).toMatchObject({ ok: true, mode: "enforce", counts: { failed: 0 } });
        break;
      }
      socket.destroy();
    });
  },
);
