/** When something was seen first and last, in milliseconds since 1970. */
export interface Span {
  readonly first: number;
  readonly last: number;
}

export function joinSpans(left: Span | undefined, right: Span): Span {
  if (left === undefined || (right.first <= left.first && right.last >= left.last)) return right;
  if (left.first <= right.first && left.last >= right.last) return left;
  return { first: Math.min(left.first, right.first), last: Math.max(left.last, right.last) };
}
