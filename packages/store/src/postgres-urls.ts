const PARTS =
  /^(?<scheme>postgres(?:ql)?:\/\/)(?<user>[^/?#]*@)?(?<places>[^/?#@]*)(?<path>[^?#]*)(?:\?(?<query>[^#]*))?$/u;

/**
 * The URLs of the servers that a URL names, as libpq understands several of them: `postgres://A:5432,B:5432/DATABASE`,
 * or `?host=A,B&port=5432,5433` (https://www.postgresql.org/docs/current/libpq-connect.html, "Specifying Multiple
 * Hosts"). What names one comes back as it is, and so does what is no URL.
 */
export function postgresUrls(url: string): readonly string[] {
  const parts = PARTS.exec(url)?.groups;
  if (parts === undefined) return [url];
  const { scheme = "", user = "", places = "", path = "", query = "" } = parts;
  const parameters = new URLSearchParams(query);
  const hosts = parameters.get("host")?.split(",") ?? [];
  const named = hosts.length > 0 ? hosts.map(() => places) : places.split(",");
  if (named.length < 2) return [url];
  const ports = parameters.get("port")?.split(",") ?? [];
  return named.map((place, at) => {
    // As in libpq: one port is that of all.
    const port = ports[at] ?? (ports.length === 1 ? ports[0] : undefined);
    if (hosts[at] !== undefined) parameters.set("host", hosts[at]);
    if (port !== undefined) parameters.set("port", port);
    const text = parameters.toString();
    return `${scheme}${user}${place}${path}${text === "" ? "" : `?${text}`}`;
  });
}
