import { assert, property, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { SensorError } from "../errors.ts";
import { addressBytes, bytesOf, factsOf, fileBytes, recordOf } from "../testdata/records.ts";
import { readRecords } from "./record-reader.ts";
import { processBytes, readAddress, readFile, readProcess } from "./structures.ts";
import { wireTags } from "./wire-format.ts";

describe("readRecords", () => {
  it("reads each record of a frame with its head", () => {
    const head = { pid: 7, tid: 8, ppid: 6, cpu: 1, cgroupId: 2 ** 40 + 3, timeNs: 2 ** 45, flags: 33 };
    const records = readRecords(
      Buffer.concat([bytesOf("chdir"), bytesOf("openat", { ...head, result: -13 })]),
    );
    expect(records).toHaveLength(2);
    expect(records[1]).toMatchObject({ ...head, kind: 9, result: -13 });
  });

  it.each([
    ["text", () => recordOf("openat", { sections: { path: "/etc/ü" } }).text(wireTags.path), "/etc/ü"],
    ["empty text", () => recordOf("openat", { sections: { path: "" } }).text(wireTags.path), ""],
    ["no section", () => recordOf("openat").text(wireTags.path), undefined],
    [
      "texts",
      () => recordOf("execve", { sections: { arguments: ["a", "", "b"] } }).texts(wireTags.arguments),
      ["a", "", "b"],
    ],
    [
      "texts that were cut off",
      () => recordOf("execve", { sections: { arguments: "a\0b" } }).texts(wireTags.arguments),
      ["a", "b"],
    ],
    [
      "a large number",
      () => recordOf("dup", { sections: { number1: 2 ** 50 } }).number(wireTags.number1),
      2 ** 50,
    ],
    ["a descriptor of -1", () => recordOf("dup", { sections: { number1: -1 } }).int(wireTags.number1), -1],
    [
      "a number that is too short",
      () => recordOf("dup", { sections: { number1: "abc" } }).number(wireTags.number1),
      undefined,
    ],
    [
      "a section behind others",
      () => recordOf("mount", { sections: { path: "abc", number3: 5, text: "ext4" } }).text(wireTags.text),
      "ext4",
    ],
  ])("reads %s", (_, read, expected) => {
    expect(read()).toEqual(expected);
  });

  it("keeps a detached record when its chunk is written over", () => {
    const bytes = bytesOf("openat", { sections: { path: "/etc/passwd" } });
    const [record] = readRecords(bytes);
    const detached = record?.detached();
    bytes.fill(0);
    expect(detached?.text(wireTags.path)).toBe("/etc/passwd");
  });

  it.each([
    ["shorter than its head", (bytes: Buffer) => bytes.writeUInt32LE(8, 0)],
    ["longer than its frame", (bytes: Buffer) => bytes.writeUInt32LE(bytes.length + 8, 0)],
    ["of no multiple of eight", (bytes: Buffer) => bytes.writeUInt32LE(bytes.length - 1, 0)],
    ["with a section that leads out of it", (bytes: Buffer) => bytes.writeUInt16LE(0xffff, 50)],
  ])("refuses a record %s", (_, spoil) => {
    const bytes = bytesOf("openat", { sections: { path: "/etc/passwd" } });
    spoil(bytes);
    expect(() => readRecords(bytes)).toThrow(SensorError);
  });

  it("refuses a head that breaks off", () => {
    expect(() => readRecords(bytesOf("openat").subarray(0, 40))).toThrow("a record of 40 bytes");
  });

  it("throws nothing but its own error, whatever it reads", () => {
    assert(
      property(uint8Array({ maxLength: 200 }), (noise) => {
        const thrown = thrownBy(() => {
          for (const record of readRecords(Buffer.from(noise))) {
            for (const tag of Object.values(wireTags)) record.text(tag);
            readProcess(record);
            readAddress(record, wireTags.remote);
          }
        });
        return thrown === undefined || thrown instanceof SensorError;
      }),
    );
  });
});

function thrownBy(act: () => void): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe("structures", () => {
  it("reads a process as it was written", () => {
    const facts = factsOf(5, {
      loginuid: -1,
      capEffective: 2n ** 40n,
      exeMtimeNs: 1.7e18,
      exeFlags: 5,
      userNamespace: 9,
    });
    expect(readProcess(recordOf("execve", { sections: { process: processBytes(facts) } }))).toEqual(facts);
  });

  it("reads a file as it was written", () => {
    const file = { inode: 2 ** 33, device: 0x10_0003, mode: 0o100644, flags: 0o1101, fileFlags: 3 };
    expect(readFile(recordOf("openat", { sections: { file: fileBytes(file) } }))).toEqual(file);
  });

  it.each([
    ["1.2.3.4", "1.2.3.4", 2],
    ["::1", "::1", 10],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1", 10],
    ["fe80::1:2", "fe80::1:2", 10],
    ["1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8", 10],
    ["::", "::", 10],
    ["::ffff:102:304", "1.2.3.4", 2],
  ])("writes the address %s as %s", (given, written, family) => {
    const sections = { remote: addressBytes({ address: given, port: 443 }) };
    const read = readAddress(recordOf("connect", { sections }), wireTags.remote);
    expect(read).toMatchObject({ address: written, family, port: 443, protocol: 6 });
  });
});
