import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { ProcKernel } from "@pratique/response";
import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { currentPeers } from "./current-peers.ts";

const HEADING =
  "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
const line = (remote: string, state: string) =>
  `   0: 0100007F:1F90 ${remote} ${state} 00000000:00000000 00:00000000 00000000     0        0 4711 1\n`;

function process(root: string, pid: number, network: string, table: string): void {
  mkdirSync(`${root}/${pid}/net`, { recursive: true });
  mkdirSync(`${root}/${pid}/ns`);
  symlinkSync(network, `${root}/${pid}/ns/net`);
  writeFileSync(`${root}/${pid}/comm`, "nc\n");
  writeFileSync(`${root}/${pid}/net/tcp`, HEADING + table);
}

it("names each far end once, and what nobody talks to any more not at all", async () => {
  using directory = tempDirectory();
  process(directory.path, 1, "net:[1]", "");
  const table = [line("077100CB:01BB", "01"), line("077100CB:01BB", "01"), line("087100CB:01BB", "06")].join(
    "",
  );
  process(directory.path, 42, "net:[2]", table);
  expect(await currentPeers(42, new ProcKernel({ proc: directory.path }))).toEqual([
    { address: "203.0.113.7", port: 443 },
  ]);
});

it("names nobody where the network is the host's, or the process is gone", async () => {
  using directory = tempDirectory();
  process(directory.path, 1, "net:[1]", "");
  process(directory.path, 42, "net:[1]", line("077100CB:01BB", "01"));
  expect(await currentPeers(42, new ProcKernel({ proc: directory.path }))).toEqual([]);
  expect(await currentPeers(43, new ProcKernel({ proc: directory.path }))).toEqual([]);
});

it("names nobody where there are more sockets than can be looked at", async () => {
  using directory = tempDirectory();
  process(directory.path, 1, "net:[1]", "");
  process(directory.path, 42, "net:[2]", line("077100CB:01BB", "01").repeat(200_001));
  expect(await currentPeers(42, new ProcKernel({ proc: directory.path }))).toEqual([]);
});
