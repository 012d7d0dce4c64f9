import { assert, property, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { dnsBytes, nameBytes } from "../testdata/dns.ts";
import { parseDnsMessage } from "./dns-message.ts";
import { PassiveDns } from "./passive-dns.ts";

const question = { name: "WWW.Example.COM", type: 1 };

describe("parseDnsMessage", () => {
  it("reads a question, in lower case", () => {
    expect(parseDnsMessage(dnsBytes({ questions: [question] }))).toEqual({
      isResponse: false,
      responseCode: 0,
      questions: [{ name: "www.example.com", type: 1 }],
      answers: [],
    });
  });

  it("reads several questions, and answers of both families", () => {
    const message = parseDnsMessage(
      dnsBytes({
        isResponse: true,
        questions: [question, { name: "other.test", type: 28 }],
        answers: [
          { owner: "www.example.com", type: 1, ttl: 300, data: Buffer.from([192, 0, 2, 1]) },
          {
            owner: "other.test",
            type: 28,
            ttl: 5,
            data: Buffer.from("20010db8000000000000000000000001", "hex"),
          },
          { owner: "other.test", type: 16, ttl: 5, data: Buffer.from("\u0003txt") },
        ],
      }),
    );
    expect(message?.questions).toHaveLength(2);
    expect(message?.answers.map(({ owner, value }) => [owner, value])).toEqual([
      ["www.example.com", "192.0.2.1"],
      ["other.test", "2001:db8::1"],
    ]);
  });

  it("reads a message of TCP behind its length", () => {
    const body = dnsBytes({ questions: [question] });
    const length = Buffer.alloc(2);
    length.writeUInt16BE(body.length);
    expect(parseDnsMessage(Buffer.concat([length, body]), true)?.questions[0]?.name).toBe("www.example.com");
  });

  it("reads a message over TCP of which the length was sent by itself", () => {
    const body = dnsBytes({ questions: [question] });
    expect(parseDnsMessage(body, true)?.questions[0]?.name).toBe("www.example.com");
  });

  it("follows a pointer backwards", () => {
    const bytes = dnsBytes({ isResponse: true, questions: [question], answerCount: 1 });
    const answer = Buffer.from("c00c000100010000003c0004c0000205", "hex");
    expect(parseDnsMessage(Buffer.concat([bytes, answer]))?.answers).toEqual([
      { owner: "www.example.com", ttlSeconds: 60, kind: "address", value: "192.0.2.5" },
    ]);
  });

  it.each([
    ["a pointer at itself", "c00c"],
    ["a pointer forwards", "c040"],
    ["two pointers at each other", "c00ec00c"],
    ["a label that leads out", "3f61"],
    ["a label of a form that is none", "8061"],
    [
      "a name that is too long",
      Buffer.concat([
        ...Array.from({ length: 5 }, () => nameBytes("a".repeat(60)).subarray(0, 61)),
        Buffer.alloc(1),
      ]).toString("hex"),
    ],
  ])("refuses %s", (_, hex) => {
    const bytes = Buffer.concat([dnsBytes({ questionCount: 1 }), Buffer.from(`${hex}00010001`, "hex")]);
    expect(parseDnsMessage(bytes)).toBeUndefined();
  });

  it("writes out what no host name has, so that no name looks like another", () => {
    const name = Buffer.concat([Buffer.from([3]), Buffer.from("a.b"), Buffer.from([1, 10, 0])]);
    const bytes = Buffer.concat([dnsBytes({ questionCount: 1 }), name, Buffer.from("00010001", "hex")]);
    expect(parseDnsMessage(bytes)?.questions[0]?.name).toBe("a\\046b.\\010");
  });

  it("reads what came before it broke off", () => {
    const answer = { owner: "a.test", type: 1, ttl: 60, data: Buffer.from([192, 0, 2, 1]) };
    const whole = dnsBytes({ isResponse: true, questions: [question], answers: [answer, answer] });
    expect(parseDnsMessage(whole.subarray(0, -3))?.answers).toHaveLength(1);
  });

  it("throws nothing, whatever it reads", () => {
    assert(
      property(uint8Array({ maxLength: 300 }), (noise) => {
        parseDnsMessage(Buffer.from(noise));
        parseDnsMessage(
          Buffer.concat([dnsBytes({ isResponse: true, questionCount: 2, answerCount: 9 }), noise]),
        );
      }),
    );
  });
});

describe("PassiveDns", () => {
  const alias = (owner: string, to: string) => ({ owner, type: 5, ttl: 60, data: nameBytes(to) });
  const address = (owner: string, ttl: number) => ({
    owner,
    type: 1,
    ttl,
    data: Buffer.from([192, 0, 2, 1]),
  });
  const learn = (
    dns: PassiveDns,
    scope: string,
    ...answers: Parameters<typeof dnsBytes>[0]["answers"] & object
  ) =>
    dns.learn(scope, dnsBytes({ isResponse: true, questions: [question], answers }), {
      overTcp: false,
      timeNs: 0,
    });

  it("knows an address by the name that was asked for, at the end of a chain of aliases", () => {
    const dns = new PassiveDns();
    learn(
      dns,
      "c1",
      alias("www.example.com", "edge.cdn.test"),
      alias("edge.cdn.test", "a1.cdn.test"),
      address("a1.cdn.test", 300),
    );
    expect(dns.nameOf("c1", "192.0.2.1", 200e9)).toBe("www.example.com");
  });

  it("keeps the names of containers apart", () => {
    const dns = new PassiveDns();
    learn(dns, "c1", address("www.example.com", 300));
    expect(dns.nameOf("c2", "192.0.2.1", 1)).toBeUndefined();
  });

  it("forgets a name when its time is over, not before a minute", () => {
    const dns = new PassiveDns();
    learn(dns, "", address("www.example.com", 0));
    expect(dns.nameOf("", "192.0.2.1", 59e9)).toBe("www.example.com");
    expect(dns.nameOf("", "192.0.2.1", 61e9)).toBeUndefined();
  });

  it("ends where aliases lead in a circle", () => {
    const dns = new PassiveDns();
    learn(dns, "", alias("a.test", "b.test"), alias("b.test", "a.test"), address("a.test", 300));
    expect(["a.test", "b.test"]).toContain(dns.nameOf("", "192.0.2.1", 1));
  });

  it("holds so many addresses at most", () => {
    const dns = new PassiveDns({ maxEntries: 2 });
    for (const scope of ["a", "b", "c"]) learn(dns, scope, address("www.example.com", 300));
    expect(dns.size).toBe(2);
    expect(dns.nameOf("a", "192.0.2.1", 1)).toBeUndefined();
  });
});
