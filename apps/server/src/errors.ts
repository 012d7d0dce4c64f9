import type { Problem, ProblemCode } from "@pratique/api";
import { PratiqueError } from "@pratique/core";

type StartErrorCode = "ADDRESS_UNAVAILABLE" | "SOCKET_IN_USE" | "CERTIFICATE_UNUSABLE" | "DIRECTORY_UNUSABLE";

/** The codes of the problems that a call may end in, and of what keeps the server from starting. */
export type ServerErrorCode = ProblemCode | StartErrorCode;

/** What a problem tells besides its code. */
export type ProblemMembers = Pick<Problem, "errors" | "acknowledged">;

interface ServerErrorOptions extends ErrorOptions {
  readonly members?: ProblemMembers;
  /** When it is worth while to try again. */
  readonly retryAfterSeconds?: number;
}

/** The server cannot start, or a call is refused. */
export class ServerError extends PratiqueError<ServerErrorCode> {
  override readonly name = "ServerError";
  readonly members: ProblemMembers;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ServerErrorCode, message: string, options: ServerErrorOptions = {}) {
    super(code, message, options);
    this.members = options.members ?? {};
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}
