import type { ReactNode } from "react";
import { Failed, Loading } from "./states.tsx";

/** What a query knows. */
interface Readable<Data> {
  readonly data: Data | undefined;
  readonly error: Error | null;
  readonly refetch: () => unknown;
}

interface ReadProps<Data> {
  readonly query: Readable<Data>;
  readonly what: string;
  readonly children: (data: Data) => ReactNode;
}

/** Shows what a query gives: the data, else the failure, else that it is loading. */
export function Read<Data>({ query, what, children }: ReadProps<Data>) {
  if (query.data !== undefined) return <>{children(query.data)}</>;
  if (query.error !== null) return <Failed error={query.error} onRetry={() => void query.refetch()} />;
  return <Loading what={what} />;
}
