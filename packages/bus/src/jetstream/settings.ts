/** How NATS is reached, and how records are kept there. Secrets stay in files. */
export interface JetStreamSettings {
  /** `nats://HOST:PORT` or `tls://HOST:PORT`; members of one cluster. */
  readonly servers: readonly string[];
  /** PEM files: the authority to trust, and the certificate to show with its key. */
  readonly tls?: {
    readonly caFile?: string;
    readonly certificateFile?: string;
    readonly keyFile?: string;
  };
  /** A `.creds` file, or one with the seed of an NKey of a user. */
  readonly credentialsFile?: string;
  /** `pratique-records` where it is absent. One installation, one stream. */
  readonly stream?: string;
  /** On how many members of the cluster records are kept; 1 where it is absent. */
  readonly replicas?: number;
  /** What may wait before batches are refused; 8 GiB where it is absent. */
  readonly maxBytes?: number;
  /** How long NATS may take to answer, in milliseconds; 5 000 where it is absent. */
  readonly timeoutMs?: number;
  /** After this time a batch that somebody took and did not finish comes again, in milliseconds; 10 000 where it is absent. */
  readonly ackWaitMs?: number;
}

export const DEFAULT_STREAM = "pratique-records";
export const DEFAULT_TIMEOUT_MS = 5000;
export const DEFAULT_MAX_BYTES = 8 * 1024 ** 3;
export const DEFAULT_ACK_WAIT_MS = 10_000;
