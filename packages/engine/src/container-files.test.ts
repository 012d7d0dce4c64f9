import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readContainerFiles } from "./container-files.ts";

const ID = "1a".repeat(32);
const CONFIG = {
  ID,
  Name: "/web",
  Image: "sha256:1",
  State: { StartedAt: "0001-01-01T00:00:00Z" },
  Config: { User: "1000" },
  NetworkSettings: { Networks: { none: {} } },
  MountPoints: {
    "/d": { Type: "volume", Name: "data", Destination: "/d", Driver: "local", RW: true, Spec: {} },
    "/e": { Type: "bind", Source: "/etc", Destination: "/e", RW: false, Propagation: "rprivate" },
  },
};
const HOST_CONFIG = { Privileged: false };

let root = "";

beforeAll(() => {
  root = mkdtempSync(path.join(tmpdir(), "prq-files-"));
});

afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

function write(config: unknown, hostConfig: unknown = HOST_CONFIG): void {
  const directory = path.join(root, "containers", ID);
  mkdirSync(directory, { recursive: true });
  const text = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
  writeFileSync(path.join(directory, "config.v2.json"), text(config));
  writeFileSync(path.join(directory, "hostconfig.json"), text(hostConfig));
}

it("gives a container in the form of the engine's API", () => {
  write(CONFIG);
  expect(readContainerFiles(root, ID)).toEqual({
    Id: ID,
    Name: "/web",
    Image: "sha256:1",
    State: CONFIG.State,
    Config: CONFIG.Config,
    HostConfig: HOST_CONFIG,
    NetworkSettings: CONFIG.NetworkSettings,
    Mounts: [
      {
        Type: "volume",
        Name: "data",
        Source: "",
        Destination: "/d",
        Driver: "local",
        RW: true,
        Propagation: "",
      },
      {
        Type: "bind",
        Name: "",
        Source: "/etc",
        Destination: "/e",
        Driver: "",
        RW: false,
        Propagation: "rprivate",
      },
    ],
  });
});

it.each([
  ["is of another container", { ...CONFIG, ID: "2b".repeat(32) }],
  ["has no image", { ...CONFIG, Image: undefined }],
  ["has no configuration", { ...CONFIG, Config: null }],
  ["knows no networks", { ...CONFIG, NetworkSettings: {} }],
  ["knows no mounts", { ...CONFIG, MountPoints: undefined }],
  [
    "has a mount of another form",
    { ...CONFIG, MountPoints: { "/d": { Type: "volume", Destination: "/d" } } },
  ],
  ["is half written", JSON.stringify(CONFIG).slice(0, -9)],
  ["is a list", []],
])("gives nothing of a file that %s", (_, config) => {
  write(config);
  expect(readContainerFiles(root, ID)).toBeUndefined();
});

it("gives nothing without the host's part of the configuration", () => {
  write(CONFIG, "null");
  expect(readContainerFiles(root, ID)).toBeUndefined();
});

it.each(["", "web", ID.slice(1), `../${ID.slice(3)}`, ID.toUpperCase()])(
  "gives nothing for the id %j",
  (id) => {
    write(CONFIG);
    expect(readContainerFiles(root, id)).toBeUndefined();
  },
);
