/** A container as the past knows it: as much as a policy of responses asks for. */
export interface PastContainer {
  /** All 64 characters where the runtime has such ids. */
  readonly id: string;
  readonly runtime: string;
  readonly name: string;
  /** As whoever started it named the image. */
  readonly image: string;
  /** The digest of the image's configuration; empty where nobody told. */
  readonly imageId: string;
  /** The digest by which the image was named; empty where it was named otherwise. */
  readonly imageDigest: string;
  readonly labels: Readonly<Record<string, string>>;
  /** A container of our own, on which no policy acts. */
  readonly own: boolean;
}

/**
 * How a container met a peer: it called an address (`out`), was called by one (`in`), asked for a name (`name`), was
 * led on to another name by the answer (`alias`), or named it in the hello of TLS (`sni`).
 */
export const contactKinds = ["out", "in", "name", "alias", "sni"] as const;
export type ContactKind = (typeof contactKinds)[number];

export const contactProtocols = ["tcp", "udp", "other"] as const;
export type ContactProtocol = (typeof contactProtocols)[number];

/** One meeting, as whoever sees it tells it. */
export interface Meeting {
  readonly kind: ContactKind;
  /** An address, or a name. */
  readonly peer: string;
  /** Of the peer; of the container for `in`, since that of who calls is another each time; 0 for names. */
  readonly port: number;
  readonly protocol: ContactProtocol;
  /** The file that ran; empty where it is not known. */
  readonly executable: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** Whether the call was not refused at once. */
  readonly reached: boolean;
  /** By which the container found the address; empty where it asked for none. */
  readonly name?: string;
  /** The addresses that a name was answered with, or that was called in its name. */
  readonly answers?: readonly string[];
  /** The answer to a question that was counted when it was asked. */
  readonly isAnswer?: boolean;
}

/** All meetings of one kind with one peer within an hour. */
export interface Contact {
  readonly kind: ContactKind;
  readonly peer: string;
  readonly port: number;
  readonly protocol: ContactProtocol;
  readonly executable: string;
  readonly reached: boolean;
  readonly name: string;
  readonly answers: readonly string[];
  /** Milliseconds since 1970, to the second. */
  readonly firstAt: number;
  readonly lastAt: number;
  readonly count: number;
}
