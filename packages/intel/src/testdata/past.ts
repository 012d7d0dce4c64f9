import type { Meeting, PastContainer } from "../past/contact.ts";

/** A container with a name, and an image of the same name. */
export function containerOf(name: string, more: Partial<PastContainer> = {}): PastContainer {
  return {
    id: name.padEnd(64, "-"),
    runtime: "docker",
    name,
    image: `${name}:1`,
    imageId: `sha256:${"a".repeat(64)}`,
    imageDigest: "",
    labels: {},
    own: false,
    ...more,
  };
}

/** A call of an address over TLS, or a question where the kind is given. */
export function meetingOf(peer: string, time: number, more: Partial<Meeting> = {}): Meeting {
  const isCall = (more.kind ?? "out") === "out" || more.kind === "in";
  return {
    kind: "out",
    peer,
    port: isCall ? 443 : 0,
    protocol: isCall ? "tcp" : "udp",
    executable: "/usr/bin/curl",
    time,
    reached: true,
    ...more,
  };
}
