import type { ContainerRuntimeReport } from "@pratique/api";
import { expect, it } from "vitest";
import { type MappedContainer, networkMap } from "./network-map.ts";

type Flow = ContainerRuntimeReport["flows"][number];

const AT = "2026-11-24T12:00:00.000Z";

function flow(more: Partial<Flow>): Flow {
  return {
    protocol: "tcp",
    direction: "out",
    localPort: 40_000,
    address: "203.0.113.7",
    port: 443,
    name: "",
    connections: 1,
    firstAt: AT,
    lastAt: AT,
    ...more,
  };
}

function container(id: string, flows: readonly Flow[], addresses: readonly string[] = []): MappedContainer {
  const runtime: ContainerRuntimeReport = {
    containerId: id,
    takenAt: AT,
    processes: [],
    listening: [],
    flows: [...flows],
    written: [],
    rates: { execs: 0, opens: 0, connects: 0, events: 0, suppressed: 0 },
    leftOut: 0,
  };
  return { host: "web-1", id, name: id, image: "app:1", runtime, addresses, hasOwnNetwork: false };
}

const edgesOf = (containers: readonly MappedContainer[]) =>
  networkMap(containers).edges.map(({ from, to, port, connections }) => [from, to, port, connections]);

it("draws what a container reaches by the name that it asked for, or by its address", () => {
  const web = container("web", [flow({ name: "api.example" }), flow({})]);
  expect(edgesOf([web])).toEqual([
    ["container:web-1~web", "outside:api.example", 443, 1],
    ["container:web-1~web", "outside:203.0.113.7", 443, 1],
  ]);
});

it("tells of a peer behind a name that one of its addresses is listed, and what was refused", () => {
  const listed = { value: "203.0.113.7", source: "feodo" };
  const one = flow({ name: "api.example", listed, connections: 0, refused: 3 });
  const other = flow({ name: "api.example", address: "203.0.113.8" });
  for (const flows of [
    [one, other],
    [other, one],
  ]) {
    const { nodes, edges } = networkMap([container("web", flows)]);
    expect(nodes.at(-1)).toEqual({
      id: "outside:api.example",
      kind: "outside",
      label: "api.example",
      listed,
    });
    expect(edges).toMatchObject([{ connections: 1, refused: 3 }]);
  }
});

it("draws a connection that both ends tell of once, and from who began it", () => {
  const web = container("web", [flow({ address: "172.17.0.3", port: 5432, connections: 3 })], ["172.17.0.2"]);
  const incoming = flow({
    direction: "in",
    address: "172.17.0.2",
    port: 40_000,
    localPort: 5432,
    connections: 2,
  });
  const db = container("db", [incoming], ["172.17.0.3"]);
  expect(edgesOf([web, db])).toEqual([["container:web-1~web", "container:web-1~db", 5432, 3]]);
});

it("takes loopback for the host, and no container for its own peer", () => {
  const own = container(
    "own",
    [flow({ address: "127.0.0.1", port: 80 }), flow({ address: "10.0.0.9" })],
    ["10.0.0.9"],
  );
  expect(edgesOf([own])).toEqual([["container:web-1~own", "host:web-1", 80, 1]]);
});

it("draws nothing of what a container says to itself by a loopback of its own", () => {
  const flows = [
    flow({ address: "127.0.0.1", port: 80 }),
    flow({ address: "::1", direction: "in" }),
    flow({ address: "0.0.0.0", port: 80 }),
    flow({ address: "::", port: 80 }),
  ];
  expect(networkMap([{ ...container("own", flows), hasOwnNetwork: true }]).edges).toEqual([]);
});

it("does not draw more than a person can look at, and says so", () => {
  const many = Array.from({ length: 600 }, (_, at) => flow({ name: `host-${at}.example` }));
  const map = networkMap([container("scanner", many)]);
  expect([map.nodes.length, map.complete]).toEqual([500, false]);
  const drawn = new Set(map.nodes.map(({ id }) => id));
  expect(map.edges.every(({ from, to }) => drawn.has(from) && drawn.has(to))).toBe(true);
});

it("draws each container before whatever one of them talks to, and cuts names that nobody could read", () => {
  const many = Array.from({ length: 600 }, (_, at) =>
    flow({ name: `host-${at}.example${"x".repeat(5000)}` }),
  );
  const map = networkMap([container("scanner", many), container("quiet", [])]);
  expect(map.nodes.slice(0, 2).map(({ containerId }) => containerId)).toEqual(["scanner", "quiet"]);
  expect(Math.max(...map.nodes.map(({ id }) => id.length))).toBeLessThan(300);
});
