import { argon2, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { Turns } from "./turns.ts";

/** What one hash costs (RFC 9106, 3.1). */
export interface PasswordCost {
  readonly memoryKib: number;
  readonly passes: number;
  readonly lanes: number;
}

/** The second choice of RFC 9106, section 4, with one lane: 64 MiB and three passes. */
const DEFAULT_COST: PasswordCost = { memoryKib: 65_536, passes: 3, lanes: 1 };
const SALT_BYTES = 16;
const TAG_BYTES = 32;
/** Each takes 64 MiB: a crowd at the door must not take all of the memory. */
const AT_ONCE = 2;
const WAITING = 32;

const derive = promisify(argon2);

/** Hashes passwords with argon2id, and writes them as PHC strings. */
export class PasswordHasher {
  readonly #cost: PasswordCost;
  readonly #turns = new Turns({ atOnce: AT_ONCE, waiting: WAITING });
  /** Of no password. */
  readonly #decoy: string;

  constructor(cost: PasswordCost = DEFAULT_COST) {
    this.#cost = cost;
    this.#decoy = formatPhc({ cost, salt: randomBytes(SALT_BYTES), tag: randomBytes(TAG_BYTES) });
  }

  async hash(password: string): Promise<string> {
    const salt = randomBytes(SALT_BYTES);
    return formatPhc({ cost: this.#cost, salt, tag: await this.#derive(password, salt, this.#cost) });
  }

  /**
   * Whether a password is the one that was hashed. Where nothing was, the work is the same and the answer is no: how
   * long it takes does not tell who has an account.
   */
  async verify(password: string, hash: string | null): Promise<boolean> {
    const parsed = parsePhc(hash ?? this.#decoy);
    if (parsed === undefined) return false;
    const tag = await this.#derive(password, parsed.salt, parsed.cost);
    return timingSafeEqual(tag, parsed.tag) && hash !== null;
  }

  /** Whether a hash was made at another cost than hashes are made at now. */
  isOutdated(hash: string): boolean {
    const cost = parsePhc(hash)?.cost;
    const { memoryKib, passes, lanes } = this.#cost;
    return cost?.memoryKib !== memoryKib || cost.passes !== passes || cost.lanes !== lanes;
  }

  async #derive(password: string, salt: Buffer, cost: PasswordCost): Promise<Buffer> {
    return await this.#turns.take(async () =>
      derive("argon2id", {
        // People type the same letters in different ways (NIST SP 800-63B-4, 3.1.1.2).
        message: password.normalize("NFKC"),
        nonce: salt,
        parallelism: cost.lanes,
        tagLength: TAG_BYTES,
        memory: cost.memoryKib,
        passes: cost.passes,
      }),
    );
  }
}

interface Phc {
  readonly cost: PasswordCost;
  readonly salt: Buffer;
  readonly tag: Buffer;
}

/** More than this is not read from a hash: it would be a way to fill the memory. */
const MAX_MEMORY_KIB = 1_048_576;
const MAX_PASSES = 16;

const PHC =
  /^\$argon2id\$v=19\$m=(?<memory>\d{1,7}),t=(?<passes>\d{1,2}),p=(?<lanes>\d{1,2})\$(?<salt>[A-Za-z0-9+/]{22})\$(?<tag>[A-Za-z0-9+/]{43})$/u;

function formatPhc({ cost, salt, tag }: Phc): string {
  const { memoryKib, passes, lanes } = cost;
  return `$argon2id$v=19$m=${memoryKib},t=${passes},p=${lanes}$${unpadded(salt)}$${unpadded(tag)}`;
}

/** Reads what {@link formatPhc} wrote; undefined for anything else, which then fits no password. */
function parsePhc(text: string): Phc | undefined {
  const groups = PHC.exec(text)?.groups;
  if (groups === undefined) return undefined;
  const cost = {
    memoryKib: Number(groups.memory),
    passes: Number(groups.passes),
    lanes: Number(groups.lanes),
  };
  if (cost.memoryKib > MAX_MEMORY_KIB || cost.passes > MAX_PASSES) return undefined;
  const bytesOf = (name: string) => Buffer.from(groups[name] ?? "", "base64");
  return { cost, salt: bytesOf("salt"), tag: bytesOf("tag") };
}

function unpadded(bytes: Buffer): string {
  return bytes.toString("base64").replaceAll("=", "");
}
