import { listHosts } from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { listQuery, listSource } from "../../api/list-source.ts";
import { useMay } from "../../api/may.ts";
import { withChosen } from "../../text/with-chosen.ts";
import type { ListFilter } from "../lists/list-filters.tsx";

const hosts = listSource(listHosts);
/** More hosts are not offered one by one. */
const MOST_HOSTS = 200;

/** Narrows a list to one host, of those that one may see; an address may name another. */
export function useHostFilter(chosen: string | undefined): ListFilter {
  const mayHosts = useMay()("hosts.read") !== undefined;
  const { data } = useQuery({ ...listQuery(hosts, { limit: MOST_HOSTS }), enabled: mayHosts });
  if (!mayHosts) return { kind: "given", name: "host", label: "Host" };
  const names = (data?.items ?? []).map(({ name }) => name);
  return {
    kind: "choice",
    name: "host",
    label: "Host",
    anyText: "Any host",
    options: withChosen(names, chosen).map((value) => ({ value, text: value })),
  };
}
