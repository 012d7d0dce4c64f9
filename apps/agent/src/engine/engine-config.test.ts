import {
  chmodSync,
  existsSync,
  lstatSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { EngineConfig } from "./engine-config.ts";

it("adds one key and takes it away again, and leaves the rest as it was", async () => {
  using directory = tempDirectory();
  const file = path.join(directory.path, "daemon.json");
  const before = { "log-driver": "local", "default-ulimits": { nofile: { Name: "nofile", Hard: 64 } } };
  writeFileSync(file, JSON.stringify(before));
  const config = new EngineConfig(file);

  config.addPlugin("pratique", `${file}.backup`);
  expect(config.hasPlugin("pratique")).toBe(true);
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({
    ...before,
    "authorization-plugins": ["pratique"],
  });
  expect(readFileSync(`${file}.backup`, "utf8")).toBe(JSON.stringify(before));

  config.removePlugin("pratique", `${file}.backup`);
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(before);
});

it("leaves the form of the file as it was, unless something else was changed meanwhile", () => {
  using directory = tempDirectory();
  const [file, backup] = [directory.at("daemon.json"), directory.at("daemon.json.backup")];
  const text = '{\n\t"debug":false, "labels": [ "a=b" ]\n}';
  writeFileSync(file, text);
  const config = new EngineConfig(file);
  config.addPlugin("pratique", backup);
  config.removePlugin("pratique", backup);
  expect(readFileSync(file, "utf8")).toBe(text);

  config.addPlugin("pratique", backup);
  writeFileSync(file, readFileSync(file, "utf8").replace("false", "true"));
  config.removePlugin("pratique", backup);
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({ debug: true, labels: ["a=b"] });
});

it("comes after the plug-ins that are there, and leaves them there", async () => {
  using directory = tempDirectory();
  const file = path.join(directory.path, "daemon.json");
  writeFileSync(file, '{"authorization-plugins":["other"]}');
  const config = new EngineConfig(file);
  config.addPlugin("pratique", `${file}.backup`);
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({ "authorization-plugins": ["other", "pratique"] });
  config.removePlugin("pratique", `${file}.backup`);
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({ "authorization-plugins": ["other"] });
});

it("keeps the first backup when it is installed again", async () => {
  using directory = tempDirectory();
  const file = path.join(directory.path, "daemon.json");
  writeFileSync(file, "{}");
  const config = new EngineConfig(file);
  config.addPlugin("one", `${file}.backup`);
  config.addPlugin("two", `${file}.backup`);
  expect(readFileSync(`${file}.backup`, "utf8")).toBe("{}");
});

it("makes a configuration where there is none, without a backup", async () => {
  using directory = tempDirectory();
  const file = path.join(directory.path, "daemon.json");
  new EngineConfig(file).addPlugin("pratique", `${file}.backup`);
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({ "authorization-plugins": ["pratique"] });
  expect(existsSync(`${file}.backup`)).toBe(false);
});

it.each([
  ["broken JSON", "{"],
  ["a list", "[]"],
  ["plug-ins that are no names", '{"authorization-plugins":[1]}'],
])("changes nothing in a file with %s", async (_, text) => {
  using directory = tempDirectory();
  const file = path.join(directory.path, "daemon.json");
  writeFileSync(file, text);
  const config = new EngineConfig(file);
  expect(() => config.addPlugin("pratique", `${file}.backup`)).toThrow(
    expect.objectContaining({ code: "ENGINE_CONFIG_UNREADABLE" }),
  );
  expect(readFileSync(file, "utf8")).toBe(text);
});

it("takes a file that cannot be read for no empty one", () => {
  // A file of the kernel's that nobody may read, not even root.
  const config = new EngineConfig("/proc/sys/net/ipv4/route/flush");
  const unreadable = expect.objectContaining({
    code: "ENGINE_CONFIG_UNREADABLE",
    message: expect.stringMatching(/cannot be read: EACCES/u),
  });
  expect(() => config.hasPlugin("pratique")).toThrow(unreadable);
  expect(() => config.removePlugin("pratique", "/nowhere")).toThrow(unreadable);
});

it("leaves the file's mode as it was, and a link where it leads", () => {
  using directory = tempDirectory();
  const [file, link] = [directory.at("managed.json"), directory.at("daemon.json")];
  writeFileSync(file, '{"proxies":{"http-proxy":"http://name:secret@proxy"}}');
  chmodSync(file, 0o600);
  symlinkSync(file, link);
  new EngineConfig(link).addPlugin("pratique", `${link}.backup`);
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
  expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({ "authorization-plugins": ["pratique"] });
  expect([statSync(file).mode & 0o777, statSync(`${link}.backup`).mode & 0o777]).toEqual([0o600, 0o600]);
});
