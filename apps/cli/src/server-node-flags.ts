/**
 * What the process of a server is started with: Node's heap may be a third larger than what is in use, where by itself
 * it would be three times as large. A server of thousands of hosts needs less memory for it, and no more time.
 * The files of `deploy/` say the same.
 */
export const serverNodeFlags: readonly string[] = ["--max-semi-space-size=8", "--heap-growing-percent=30"];
