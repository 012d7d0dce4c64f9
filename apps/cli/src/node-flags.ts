import { setFlagsFromString } from "node:v8";

/**
 * What the process of a server is started with: Node's heap may be a third larger than what is in use, where by itself
 * it would be three times as large. A server of thousands of hosts needs less memory for it, and no more time. The room for
 * new objects may grow to 32 MiB: what agents send is garbage soon, and with 8 MiB collecting it took twice the time.
 * The files of `deploy/` say the same.
 */
export const serverNodeFlags: readonly string[] = ["--max-semi-space-size=32", "--heap-growing-percent=30"];

/**
 * Node keeps a buffer for each connection of TLS, and uses the first of it: where large pieces have memory of their own, the
 * rest is never there, and what is freed goes back. By itself the C library would take it from what was used before;
 * mallopt(3). Threads besides the one that answers share one heap instead of keeping one each. The files of `deploy/` say
 * the same.
 */
export const serverEnvironment: Readonly<Record<string, string>> = {
  MALLOC_ARENA_MAX: "2",
  MALLOC_MMAP_THRESHOLD_: "32768",
  MALLOC_TRIM_THRESHOLD_: "65536",
  MALLOC_TOP_PAD_: "16384",
};

/**
 * An agent has little to do and runs on every host: it may collect its garbage more often, and needs less room. Its rules
 * are asked as fast with code that is optimized for size, and with one compiler in place of three: what those in between leave
 * behind is a tenth of its memory.
 */
export const agentNodeFlags: readonly string[] = [
  "--max-semi-space-size=1",
  "--heap-growing-percent=20",
  "--optimize-for-size",
  "--no-sparkplug",
  "--no-maglev",
];

/** The gate is warmed up by hundreds of launches that nobody asked for, whose garbage is to leave no room behind. */
export const gateNodeFlags: readonly string[] = ["--max-semi-space-size=4", "--single-threaded-gc"];

/**
 * The C library keeps a heap for each thread, and by itself ever more of what was freed: those of an agent have little to
 * keep. What is large gets memory of its own, which goes back when it is freed; mallopt(3). What compiling leaves behind
 * at the start is in pieces of some tens of kibibytes.
 */
export const agentEnvironment: Readonly<Record<string, string>> = {
  MALLOC_ARENA_MAX: "1",
  MALLOC_MMAP_THRESHOLD_: "32768",
  MALLOC_TRIM_THRESHOLD_: "65536",
  MALLOC_TOP_PAD_: "16384",
};

/**
 * Keeps the room for new objects as small as a process begins with. Where millions of entries pass by and little of them is
 * kept, a room that grows takes half of the memory, and saves no time.
 */
export function keepNewObjectsSmall(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
}

/**
 * Puts less of one function into another when they are optimized, by less than half of what V8 does by itself. A scan is over
 * soon after its code is optimized: it takes a twentieth less processor time for it, and one of a whole system no more.
 */
export function optimizeForOneScan(): void {
  setFlagsFromString("--max-inlined-bytecode-size-cumulative=400");
}

/** Keeps what lives longer within two fifths of what is in use, besides: where millions of lines are read, time matters less. */
export function keepHeapSmall(): void {
  keepNewObjectsSmall();
  setFlagsFromString("--heap-growing-percent=40");
}
