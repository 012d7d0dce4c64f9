import { OciError, type OciErrorCode } from "./errors.ts";

/** Answers after which the next place is asked. */
const GOES_ON: ReadonlySet<OciErrorCode> = new Set<OciErrorCode>(["IMAGE_NOT_FOUND", "SOURCE_UNAVAILABLE"]);

/**
 * Asks one place after the other, and gives the first answer. Where all have none, the error is `IMAGE_NOT_FOUND` if one
 * of them could be asked, else `SOURCE_UNAVAILABLE`, and has their errors as its cause.
 */
export async function firstAnswer<Place, Answer>(
  places: readonly Place[],
  message: string,
  ask: (place: Place) => Promise<Answer>,
): Promise<Answer> {
  const errors: OciError[] = [];
  for (const place of places) {
    try {
      return await ask(place);
    } catch (thrown) {
      if (!(thrown instanceof OciError) || !GOES_ON.has(thrown.code)) throw thrown;
      errors.push(thrown);
    }
  }
  const isAbsent = errors.some(({ code }) => code === "IMAGE_NOT_FOUND");
  const told = (isAbsent ? errors.filter(({ code }) => code === "IMAGE_NOT_FOUND") : errors).map(
    (error) => error.message,
  );
  const [only, ...others] = [...new Set(told)];
  throw new OciError(
    isAbsent ? "IMAGE_NOT_FOUND" : "SOURCE_UNAVAILABLE",
    only !== undefined && others.length === 0
      ? only
      : `${message}${only === undefined ? "" : `: ${told.join(", and ")}`}`,
    { cause: new AggregateError(errors) },
  );
}
