/** The names that one `/etc/passwd` and one `/etc/group` give to numbers. */
export interface AccountNames {
  readonly users: ReadonlyMap<number, UserAccount>;
  readonly groups: ReadonlyMap<number, string>;
}

/** The two files as they are; undefined where there is none. */
export interface AccountFiles {
  readonly passwd: string | undefined;
  readonly group: string | undefined;
}

export interface UserAccount {
  readonly name: string;
  readonly home: string;
  readonly shell: string;
}

/** More than any honest file has. */
const MAX_LINES = 65_536;

export const noAccounts: AccountNames = { users: new Map(), groups: new Map() };

/** Reads the two files: passwd(5), group(5). Lines that are not in their form are left out; the first of a number counts. */
export function parseAccounts({ passwd = "", group = "" }: AccountFiles): AccountNames {
  const users = new Map<number, UserAccount>();
  const groups = new Map<number, string>();
  for (const [name = "", , number = "", , , home = "", shell = ""] of rows(passwd)) {
    const uid = idOf(number);
    if (uid !== undefined && name !== "" && !users.has(uid)) users.set(uid, { name, home, shell });
  }
  for (const [name = "", , number = ""] of rows(group)) {
    const gid = idOf(number);
    if (gid !== undefined && name !== "" && !groups.has(gid)) groups.set(gid, name);
  }
  return { users, groups };
}

function rows(text: string): readonly (readonly string[])[] {
  return text.split("\n", MAX_LINES).map((line) => line.split(":", 8));
}

function idOf(text: string): number | undefined {
  return /^\d{1,10}$/u.test(text) ? Number(text) : undefined;
}
