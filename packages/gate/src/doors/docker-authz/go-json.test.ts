import { assert, dictionary, json, property, string, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { GateError } from "../../errors.ts";
import { containerCreate } from "./container-shapes.ts";
import { type GoJsonOptions, readGoJson } from "./go-json.ts";
import { any } from "./shape.ts";

function create(text: string | Uint8Array, options?: GoJsonOptions): unknown {
  return readGoJson(typeof text === "string" ? Buffer.from(text) : text, containerCreate, options);
}

function codeOf(read: () => unknown): string {
  try {
    read();
  } catch (thrown) {
    if (thrown instanceof GateError) return thrown.code;
    throw thrown;
  }
  return "accepted";
}

describe("what the engine would read otherwise", () => {
  it.each([
    ["lower case keys", '{"hostconfig":{"privileged":true,"binds":["/:/h"]}}', "BODY_AMBIGUOUS"],
    ["a lower case key inside", '{"HostConfig":{"privileged":true}}', "BODY_AMBIGUOUS"],
    ["an object twice", '{"HostConfig":{"Privileged":true},"HostConfig":{"Memory":1}}', "BODY_AMBIGUOUS"],
    ["an object twice, case aside", '{"HostConfig":{},"hostConfig":{}}', "BODY_AMBIGUOUS"],
    ["the long s of U+017F", '{"HoſtConfig":{"Privileged":true}}', "BODY_AMBIGUOUS"],
    ["the long s inside", '{"HostConfig":{"ſecurityOpt":["seccomp=unconfined"]}}', "BODY_AMBIGUOUS"],
    ["the Kelvin sign U+212A", '{"HostConfig":{"Networ\u212AMode":"host"}}', "BODY_AMBIGUOUS"],
    ["an escaped Kelvin sign", '{"HostConfig":{"Networ\\u212aMode":"host"}}', "BODY_AMBIGUOUS"],
    ["the same key escaped", '{"HostConfig":{"Privileged":false,"\\u0050rivileged":true}}', "BODY_AMBIGUOUS"],
    ["maps that would merge", '{"HostConfig":{"Sysctls":{},"Sysctls":{}}}', "BODY_AMBIGUOUS"],
    ["a list that is reset", '{"HostConfig":{"Binds":["/:/h"],"Binds":null}}', "BODY_AMBIGUOUS"],
    ["a map's key twice", '{"Labels":{"a":"1","a":"2"}}', "BODY_AMBIGUOUS"],
    ["host configuration at the top", '{"Privileged":true}', "BODY_KEY_UNKNOWN"],
    ["volumes of others at the top", '{"VolumesFrom":["a"]}', "BODY_MALFORMED"],
    ["volumes of others at the top, as text", '{"VolumesFrom":"a"}', "BODY_MALFORMED"],
    ["an unknown key", '{"Frobnicate":1}', "BODY_KEY_UNKNOWN"],
    ["an unknown key inside", '{"HostConfig":{"Frobnicate":1}}', "BODY_KEY_UNKNOWN"],
    ["an unknown key deep inside", '{"HostConfig":{"Mounts":[{"Frobnicate":1}]}}', "BODY_KEY_UNKNOWN"],
    ["a byte order mark", "\uFEFF{}", "BODY_MALFORMED"],
    ["a second document", "{} {}", "BODY_MALFORMED"],
    ["half of a surrogate pair", '{"Labels":{"\\ud800":""}}', "BODY_MALFORMED"],
    ["a comment", "{/**/}", "BODY_MALFORMED"],
    ["a trailing comma", '{"Tty":true,}', "BODY_MALFORMED"],
    ["no-break space between tokens", '{\u00a0"Tty":true}', "BODY_MALFORMED"],
    ["a raw control character", '{"User":"a\u0001"}', "BODY_MALFORMED"],
    ["a text for a boolean", '{"HostConfig":{"Privileged":"true"}}', "BODY_MALFORMED"],
    ["a fraction for an integer", '{"HostConfig":{"Memory":1.5}}', "BODY_MALFORMED"],
    ["a number that Go refuses", '{"HostConfig":{"Memory":01}}', "BODY_MALFORMED"],
    ["a list for an object", '{"HostConfig":[]}', "BODY_MALFORMED"],
    ["nothing", "", "BODY_MALFORMED"],
    ["a broken escape", '{"User":"\\x"}', "BODY_MALFORMED"],
    ["an open string", '{"User":"', "BODY_MALFORMED"],
  ])("refuses %s", (_what, body, code) => {
    expect(codeOf(() => create(body))).toBe(code);
  });

  it("refuses what is not UTF-8", () => {
    const bytes = Buffer.concat([Buffer.from('{"Labels":{"'), Buffer.from([0xff]), Buffer.from('":""}}')]);
    expect(codeOf(() => create(bytes))).toBe("BODY_MALFORMED");
  });

  it("refuses what is nested too deeply, too long, or too large", () => {
    const deep = Buffer.from(`${"[".repeat(100)}${"]".repeat(100)}`);
    expect(codeOf(() => readGoJson(deep, any))).toBe("LIMIT_REACHED");
    expect(codeOf(() => readGoJson(Buffer.from("[1,2,3]"), any, { maxValues: 3 }))).toBe("LIMIT_REACHED");
    expect(codeOf(() => readGoJson(Buffer.from("[1]"), any, { maxBytes: 2 }))).toBe("LIMIT_REACHED");
  });

  it("says where", () => {
    expect(() => create('{"HostConfig":{"privileged":true}}')).toThrow(
      'the engine would read the key as "Privileged" at "HostConfig.privileged"',
    );
  });
});

describe("what the engine reads the same", () => {
  it.each([
    ["labels that differ by case only", '{"Labels":{"a":"1","A":"2"}}', { Labels: { a: "1", A: "2" } }],
    ["an escaped key", '{"HostConfig":{"\\u0050rivileged":true}}', { HostConfig: { Privileged: true } }],
    ["what client libraries add", '{"name":"a","platform":""}', { name: "a", platform: "" }],
    ["what says nothing", '{"VolumesFrom":[ ]}', { VolumesFrom: [] }],
    ["null for anything", '{"HostConfig":null,"Cmd":null}', { HostConfig: null, Cmd: null }],
    ["a command as text", '{"Cmd":"sh"}', { Cmd: "sh" }],
    ["a command as list", '{"Cmd":["sh"]}', { Cmd: ["sh"] }],
    ["blanks", ' \n{\t"Tty" :\rtrue } ', { Tty: true }],
    ["a pair of surrogates", '{"User":"\\ud83d\\ude00"}', { User: "😀" }],
  ])("accepts %s", (_what, body, expected) => {
    expect(JSON.parse(JSON.stringify(create(body)))).toEqual(expected);
  });

  it("keeps numbers exact", () => {
    expect(create('{"HostConfig":{"Memory":9007199254740993}}')).toMatchObject({
      HostConfig: { Memory: 9007199254740993n },
    });
  });

  it("takes __proto__ for a key like any other", () => {
    const read = create('{"Labels":{"__proto__":"x"}}');
    expect(JSON.stringify(read)).toBe('{"Labels":{"__proto__":"x"}}');
  });

  it("lets unknown keys pass where it is told to, but not two of them that Go takes for one", () => {
    expect(codeOf(() => create('{"Frobnicate":1}', { strict: false }))).toBe("accepted");
    expect(codeOf(() => create('{"Frobnicate":1,"frobnicate":2}', { strict: false }))).toBe("BODY_AMBIGUOUS");
  });
});

it("reads what JSON.parse reads, where a document has only one reading", () => {
  assert(
    property(json({ maxDepth: 6 }), (text) => {
      const read = JSON.stringify(readGoJson(Buffer.from(text), any), (_key, value: unknown) =>
        typeof value === "bigint" ? Number(value) : value,
      );
      expect(JSON.parse(read)).toEqual(JSON.parse(text));
    }),
  );
});

it("never throws anything but its own error", () => {
  const check = (bytes: Uint8Array) => codeOf(() => create(bytes)) !== "";
  assert(property(uint8Array(), check));
  assert(property(string({ unit: "binary" }), (text) => check(Buffer.from(`{"HostConfig":${text}`))));
  assert(property(dictionary(string(), string()), (map) => check(Buffer.from(JSON.stringify(map)))));
});
