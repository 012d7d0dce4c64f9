import type { Registry } from "@pratique/api";

/** What went wrong, and below it what to do about it. */
export function RegistryFault({ error }: Pick<Registry, "error">) {
  if (error === null) return null;
  return (
    <div>
      <div className="break alarm">{error.message}</div>
      {error.advice !== "" && <div className="break">What to do: {error.advice}</div>}
    </div>
  );
}
