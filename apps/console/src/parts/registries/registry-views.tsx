import { SubNav } from "../sub-nav.tsx";

const views = [
  { to: "/registries", label: "Registries" },
  { to: "/registries/queue", label: "Queue" },
] as const;

/** Registries as a whole, and their images one by one. */
export function RegistryViews({ current }: { readonly current: (typeof views)[number]["to"] }) {
  return <SubNav label="Views of the registries" views={views} current={current} />;
}
