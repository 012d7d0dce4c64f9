import { RecentMap } from "@pratique/core";
import { parseAddress } from "../canonical/address.ts";
import { canonicalName } from "../canonical/domain.ts";
import type { Contact } from "../past/contact.ts";
import type { IntelSet, ListedIndicator } from "../set/intel-set.ts";
import { SetFilter } from "./set-filter.ts";

const MAX_REMEMBERED = 20_000;
const nothing: readonly ListedIndicator[] = [];

/** Tells by what a set lists contacts, as the live channel would: what is blocked by first. */
export class ContactJudge {
  readonly #set: IntelSet;
  readonly #filter: SetFilter;
  /** The same peers are met hour after hour. */
  readonly #known = new RecentMap<string, readonly ListedIndicator[]>(MAX_REMEMBERED);

  constructor(set: IntelSet) {
    this.#set = set;
    this.#filter = new SetFilter(set);
  }

  /** Nothing for nearly all contacts. */
  listed(contact: Contact): readonly ListedIndicator[] {
    switch (contact.kind) {
      case "out":
        return strongestFirst([...this.#byAddress(contact), ...this.#byNameAtPort(contact)]);
      case "in":
        return strongestFirst(this.#byAddress(contact));
      case "name":
      case "alias":
      case "sni":
        // One that is listed at a port may be honest at another, and who only asks for a name names none.
        return strongestFirst(this.#byName(contact.peer).filter(({ indicator }) => indicator.port === 0));
    }
  }

  #byAddress({ peer, port, kind }: Contact): readonly ListedIndicator[] {
    const address = parseAddress(peer);
    const covering = address === undefined ? undefined : this.#filter.ofAddress(address);
    if (covering === undefined) return nothing;
    return this.#remember(`${kind} ${port} ${peer}`, () => {
      // Who calls does so from any port; the port of a contact is the container's own then.
      const isMeant = ({ indicator }: ListedIndicator): boolean =>
        indicator.port === 0 || (kind === "out" && indicator.port === port);
      const found = this.#set.byAddress(peer, kind === "out" ? port : 0).filter(isMeant);
      if (found.length > 0) return found;
      // The server of a URL that names one page is told by the kernel, too, and is no indicator of its own.
      const server = this.#set.byId(covering);
      const isServer = server?.indicator.kind === "url" && isMeant(server) && this.#set.isInForce(server);
      return isServer ? [{ ...server, reportOnlyBy: server.reportOnlyBy ?? "the server of a URL" }] : nothing;
    });
  }

  /** A name that is listed at a port, under which an address was found that was called at this port. */
  #byNameAtPort({ name, port }: Contact): readonly ListedIndicator[] {
    if (name === "") return nothing;
    return this.#byName(name).filter(({ indicator }) => indicator.port !== 0 && indicator.port === port);
  }

  #byName(text: string): readonly ListedIndicator[] {
    const name = canonicalName(text);
    if (name === undefined || !this.#filter.mayListName(name)) return nothing;
    return this.#remember(`name ${name}`, () => this.#set.byName(name));
  }

  #remember(key: string, look: () => readonly ListedIndicator[]): readonly ListedIndicator[] {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const found = look();
    this.#known.set(key, found);
    return found;
  }
}

/** One that is blocked by comes before one that is only told. */
function strongestFirst(found: readonly ListedIndicator[]): readonly ListedIndicator[] {
  if (found.length < 2) return found;
  const isTold = ({ reportOnlyBy }: ListedIndicator): number => Number(reportOnlyBy !== undefined);
  return found.toSorted((left, right) => isTold(left) - isTold(right));
}
