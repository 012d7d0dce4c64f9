import type { ProgramFile, ProgramInspection, ProgramInspector } from "@pratique/core";
import { readElfHead } from "../../programs/elf.ts";
import { isGoProgram } from "../../programs/go-note.ts";
import {
  dataStretches,
  endInside,
  nextInside,
  type Stretch,
  writableStretches,
} from "../../programs/stretches.ts";
import {
  BUILD_INFO_ALIGN,
  BUILD_INFO_HEADER,
  BUILD_INFO_MAGIC,
  type BuildInfo,
  readBuildInfo,
} from "./build-info.ts";
import { FunctionTable } from "./function-table.ts";
import { writeGoExcerpt } from "./go-excerpt.ts";
import { PointedStrings } from "./pointed-strings.ts";

/**
 * Finds the build information of Go programs, and which functions they hold. {@link writeGoExcerpt} makes the excerpt of
 * both; it is empty where the program is one of Go, but does not tell.
 */
export const inspectGo: ProgramInspector = {
  inspect: (head, file) => new GoInspection(head, file),
};

class GoInspection implements ProgramInspection {
  readonly #stretches: readonly Stretch[];
  readonly #isGo: boolean;
  readonly #pointed: PointedStrings | undefined;
  readonly #functions: FunctionTable | undefined;
  /** What came last and may be the start of something; it ends where the next piece has to begin. */
  #carry: Buffer = Buffer.alloc(0);
  #position = 0;
  #state: "searching" | "reading" | "following" | "done" = "searching";
  #found: BuildInfo | undefined;

  constructor(head: Uint8Array, { size }: ProgramFile) {
    const elf = readElfHead(head);
    this.#isGo = isGoProgram(head);
    // What another linker made keeps them where Go's own reader looks (debug/buildinfo): in what may be written to.
    this.#stretches = this.#isGo ? dataStretches(elf, size) : writableStretches(elf, size);
    if (this.#isGo && elf !== undefined) this.#pointed = new PointedStrings(elf);
    if (this.#isGo || elf === undefined) this.#functions = new FunctionTable(size);
  }

  get next(): number {
    if (this.#state === "searching") return nextInside(this.#stretches, this.#position);
    if (this.#state === "reading") return this.#position;
    const pointed = this.#state === "following" ? this.#pointed : undefined;
    return pointed?.next ?? Number.POSITIVE_INFINITY;
  }

  write(bytes: Uint8Array, offset: number): void {
    if (this.#state === "following") {
      this.#pointed?.write(bytes, offset);
      return;
    }
    this.#pointed?.collect(bytes, offset);
    this.#findFunctions(bytes, offset);
    const isNext = offset === this.#position;
    this.#position = offset + bytes.length;
    const carry = isNext ? this.#carry : Buffer.alloc(0);
    const data = this.#join(carry, bytes);
    this.#search(data, this.#position - data.length);
  }

  finish(): Uint8Array | undefined {
    if (this.#state === "following") this.#found = this.#pointed?.resolve();
    if (this.#found !== undefined) return writeGoExcerpt(this.#found, this.#functions?.finish());
    return this.#isGo ? new Uint8Array() : undefined;
  }

  /** The table lies in front of the build information. A piece may have parts in which nobody is to look. */
  #findFunctions(bytes: Uint8Array, offset: number): void {
    const end = offset + bytes.length;
    for (let at = offset; at < end; ) {
      const stop = Math.min(end, endInside(this.#stretches, at));
      if (stop > at) this.#functions?.write(bytes.subarray(at - offset, stop - offset), at);
      at = nextInside(this.#stretches, Math.max(stop, at));
    }
  }

  /** Joins only where something could lie across the border. */
  #join(carry: Buffer, bytes: Uint8Array): Buffer {
    const rest = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (carry.length === 0) return rest;
    if (this.#state === "searching" && rest.length >= BUILD_INFO_MAGIC.length) {
      const border = Buffer.concat([carry, rest.subarray(0, BUILD_INFO_MAGIC.length)]);
      if (!border.includes(BUILD_INFO_MAGIC)) return rest;
    }
    return Buffer.concat([carry, rest]);
  }

  #search(data: Buffer, offset: number): void {
    for (let at = data.indexOf(BUILD_INFO_MAGIC); at >= 0; at = data.indexOf(BUILD_INFO_MAGIC, at + 1)) {
      if ((offset + at) % BUILD_INFO_ALIGN !== 0) continue;
      const answer = readBuildInfo(data.subarray(at));
      if (answer === "none") continue;
      if (answer === "more") {
        this.#keep(data, at, "reading");
      } else if (answer === "pointers") {
        const leads = this.#pointed?.follow(data.subarray(at, at + BUILD_INFO_HEADER)) ?? false;
        if (!leads) continue;
        this.#state = "following";
        this.#pointed?.write(data, offset);
      } else {
        this.#found = answer;
        this.#state = "done";
      }
      return;
    }
    this.#keep(data, Math.max(0, data.length - BUILD_INFO_MAGIC.length + 1), "searching");
  }

  #keep(data: Buffer, from: number, state: "searching" | "reading"): void {
    this.#carry = Buffer.from(data.subarray(from));
    this.#state = state;
  }
}
