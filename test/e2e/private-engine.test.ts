import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { engineUnavailable, type PrivateEngine, startPrivateEngine, succeed } from "./private-engine.ts";

const unavailable = engineUnavailable();

describe.skipIf(unavailable !== undefined)(`a private engine ${unavailable ?? ""}`, () => {
  let engine: PrivateEngine;

  beforeAll(async () => {
    engine = await startPrivateEngine();
    await engine.busyboxImage("busybox:test");
  });

  afterAll(async () => {
    await engine[Symbol.asyncDispose]();
  });

  it("runs what it was given", async () => {
    const { stdout } = succeed(await engine.docker(["run", "--rm", "busybox:test", "/bin/echo", "hello"]));
    expect(stdout).toBe("hello\n");
  });

  it("builds from a Dockerfile", async () => {
    const id = await engine.imageFromDockerfile(
      "FROM busybox:test\nRUN /bin/rm /bin/touch\nCOPY a/b /etc/\n",
      "built:test",
      { "a/b": "content" },
    );
    expect(id).toMatch(/^sha256:/u);
    const { stdout } = succeed(await engine.docker(["run", "--rm", "built:test", "/bin/cat", "/etc/b"]));
    expect(stdout).toBe("content");
  });

  it("reloads its configuration", async () => {
    await engine.reloadDaemonConfig({ labels: ["reloaded=yes"] });
    const { stdout } = succeed(await engine.docker(["info", "--format", "{{json .Labels}}"]));
    expect(stdout).toContain("reloaded=yes");
  });

  it("keeps its images over a kill and a restart", async () => {
    await engine.restart("SIGKILL");
    const { code } = await engine.docker(["image", "inspect", "busybox:test"]);
    expect(code).toBe(0);
  });

  it("says what went wrong", async () => {
    const { code, stderr } = await engine.docker(["run", "no-such-image:1"]);
    expect(code).not.toBe(0);
    expect(stderr).toContain("no-such-image:1");
  });
});
