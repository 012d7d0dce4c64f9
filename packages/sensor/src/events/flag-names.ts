import { constants } from "node:fs";

/** Names of bits or of values, in the order in which the rule language writes them. */
export type NameTable = readonly (readonly [name: string, value: number])[];

/** `A|B` of the bits that are set; each bit is named once, by the first name that has it. */
export function flagText(value: number, table: NameTable): string | undefined {
  const names: string[] = [];
  // Flags of 32 bits are unsigned; the operators of the language are not.
  let left = value | 0;
  for (const [name, bits] of table) {
    if (bits === 0 ? value === 0 : left !== 0 && (left & bits) === (bits | 0)) {
      names.push(name);
      left &= ~bits;
    }
  }
  return names.length === 0 ? undefined : names.join("|");
}

/** The name of a value that is one of several. */
export function valueText(value: number, table: NameTable): string | undefined {
  return table.find(([, number]) => number === value)?.[0];
}

const O_TMPFILE = 0o20000000;
const O_ACCMODE = 3;

const openNames: NameTable = [
  ["O_LARGEFILE", 0o100000],
  ["O_DIRECTORY", constants.O_DIRECTORY],
  ["O_DIRECT", constants.O_DIRECT],
  ["O_TRUNC", constants.O_TRUNC],
  ["O_SYNC", constants.O_SYNC],
  ["O_NONBLOCK", constants.O_NONBLOCK],
  ["O_EXCL", constants.O_EXCL],
  ["O_DSYNC", constants.O_DSYNC],
  ["O_APPEND", constants.O_APPEND],
  ["O_CREAT", constants.O_CREAT],
];

/** Flags of open(2). Access is a number of two bits and not a set of them; reading alone is 0. */
export function openFlagText(flags: number, created: boolean): string {
  const names: string[] = [];
  // On machines other than x86 this bit means something else.
  const table = constants.O_DIRECTORY === 0o200000 ? openNames : openNames.slice(1);
  const isTemporary = (flags & O_TMPFILE) !== 0;
  const text = flagText(isTemporary ? flags & ~constants.O_DIRECTORY : flags, table);
  if (text !== undefined && (flags & ~O_ACCMODE) !== 0) names.push(text);
  names.push(["O_RDONLY", "O_WRONLY", "O_RDWR", "O_NONE"][flags & O_ACCMODE] ?? "O_NONE");
  if ((flags & 0o2000000) !== 0) names.push("O_CLOEXEC");
  if (isTemporary) names.push("O_TMPFILE");
  if (created) names.push("O_F_CREATED");
  return names.join("|");
}

export function opensForWriting(flags: number): boolean {
  const access = flags & O_ACCMODE;
  return access === constants.O_WRONLY || access === constants.O_RDWR;
}

export function opensForReading(flags: number): boolean {
  const access = flags & O_ACCMODE;
  // A descriptor of O_PATH can do neither.
  return (access === constants.O_RDONLY || access === constants.O_RDWR) && (flags & 0o10000000) === 0;
}

export const modeNames: NameTable = [
  ["S_IXOTH", 0o1],
  ["S_IWOTH", 0o2],
  ["S_IROTH", 0o4],
  ["S_IXGRP", 0o10],
  ["S_IWGRP", 0o20],
  ["S_IRGRP", 0o40],
  ["S_IXUSR", 0o100],
  ["S_IWUSR", 0o200],
  ["S_IRUSR", 0o400],
  ["S_ISVTX", 0o1000],
  ["S_ISGID", 0o2000],
  ["S_ISUID", 0o4000],
];

export const cloneNames: NameTable = [
  ["CLONE_FILES", 0x400],
  ["CLONE_FS", 0x200],
  ["CLONE_IO", 0x8000_0000],
  ["CLONE_NEWIPC", 0x0800_0000],
  ["CLONE_NEWNET", 0x4000_0000],
  ["CLONE_NEWNS", 0x2_0000],
  ["CLONE_NEWPID", 0x2000_0000],
  ["CLONE_NEWUTS", 0x0400_0000],
  ["CLONE_PARENT", 0x8000],
  ["CLONE_PARENT_SETTID", 0x10_0000],
  ["CLONE_PTRACE", 0x2000],
  ["CLONE_SIGHAND", 0x800],
  ["CLONE_SYSVSEM", 0x4_0000],
  ["CLONE_THREAD", 0x1_0000],
  ["CLONE_UNTRACED", 0x80_0000],
  ["CLONE_VM", 0x100],
  ["CLONE_NEWUSER", 0x1000_0000],
  ["CLONE_CHILD_CLEARTID", 0x20_0000],
  ["CLONE_CHILD_SETTID", 0x100_0000],
  ["CLONE_SETTLS", 0x8_0000],
  ["CLONE_VFORK", 0x4000],
  ["CLONE_NEWCGROUP", 0x200_0000],
  ["CLONE_NEWTIME", 0x80],
];

export const ptraceNames: NameTable = [
  ["PTRACE_TRACEME", 0],
  ["PTRACE_PEEKTEXT", 1],
  ["PTRACE_PEEKDATA", 2],
  ["PTRACE_PEEKUSR", 3],
  ["PTRACE_POKETEXT", 4],
  ["PTRACE_POKEDATA", 5],
  ["PTRACE_POKEUSR", 6],
  ["PTRACE_CONT", 7],
  ["PTRACE_KILL", 8],
  ["PTRACE_SINGLESTEP", 9],
  ["PTRACE_GETREGS", 12],
  ["PTRACE_SETREGS", 13],
  ["PTRACE_GETFPREGS", 14],
  ["PTRACE_SETFPREGS", 15],
  ["PTRACE_ATTACH", 16],
  ["PTRACE_DETACH", 17],
  ["PTRACE_GETFPXREGS", 18],
  ["PTRACE_SETFPXREGS", 19],
  ["PTRACE_OLDSETOPTIONS", 21],
  ["PTRACE_SYSCALL", 24],
  ["PTRACE_GET_THREAD_AREA", 25],
  ["PTRACE_SET_THREAD_AREA", 26],
  ["PTRACE_ARCH_PRCTL", 30],
  ["PTRACE_SYSEMU", 31],
  ["PTRACE_SYSEMU_SINGLESTEP", 32],
  ["PTRACE_SINGLEBLOCK", 33],
  ["PTRACE_SETOPTIONS", 0x4200],
  ["PTRACE_GETEVENTMSG", 0x4201],
  ["PTRACE_GETSIGINFO", 0x4202],
  ["PTRACE_SETSIGINFO", 0x4203],
  ["PTRACE_GETREGSET", 0x4204],
  ["PTRACE_SETREGSET", 0x4205],
  ["PTRACE_SEIZE", 0x4206],
  ["PTRACE_INTERRUPT", 0x4207],
  ["PTRACE_LISTEN", 0x4208],
  ["PTRACE_PEEKSIGINFO", 0x4209],
  ["PTRACE_GETSIGMASK", 0x420a],
  ["PTRACE_SETSIGMASK", 0x420b],
];

export const familyNames: NameTable = [
  ["AF_UNSPEC", 0],
  ["AF_UNIX", 1],
  ["AF_INET", 2],
  ["AF_AX25", 3],
  ["AF_IPX", 4],
  ["AF_APPLETALK", 5],
  ["AF_NETROM", 6],
  ["AF_BRIDGE", 7],
  ["AF_ATMPVC", 8],
  ["AF_X25", 9],
  ["AF_INET6", 10],
  ["AF_ROSE", 11],
  ["AF_DECnet", 12],
  ["AF_NETBEUI", 13],
  ["AF_SECURITY", 14],
  ["AF_KEY", 15],
  ["AF_NETLINK", 16],
  ["AF_PACKET", 17],
  ["AF_ASH", 18],
  ["AF_ECONET", 19],
  ["AF_ATMSVC", 20],
  ["AF_RDS", 21],
  ["AF_SNA", 22],
  ["AF_IRDA", 23],
  ["AF_PPPOX", 24],
  ["AF_WANPIPE", 25],
  ["AF_LLC", 26],
  ["AF_CAN", 29],
  ["AF_TIPC", 30],
  ["AF_BLUETOOTH", 31],
  ["AF_IUCV", 32],
  ["AF_RXRPC", 33],
  ["AF_ISDN", 34],
  ["AF_PHONET", 35],
  ["AF_IEEE802154", 36],
  ["AF_CAIF", 37],
  ["AF_ALG", 38],
  ["AF_NFC", 39],
  ["AF_VSOCK", 40],
  ["AF_KCM", 41],
  ["AF_QIPCRTR", 42],
  ["AF_SMC", 43],
  ["AF_XDP", 44],
];

/** The type of a socket without its flags. */
export const socketTypeNames: NameTable = [
  ["SOCK_STREAM", 1],
  ["SOCK_DGRAM", 2],
  ["SOCK_RAW", 3],
  ["SOCK_RDM", 4],
  ["SOCK_SEQPACKET", 5],
  ["SOCK_DCCP", 6],
  ["SOCK_PACKET", 10],
];

export const bpfNames: NameTable = [
  "BPF_MAP_CREATE",
  "BPF_MAP_LOOKUP_ELEM",
  "BPF_MAP_UPDATE_ELEM",
  "BPF_MAP_DELETE_ELEM",
  "BPF_MAP_GET_NEXT_KEY",
  "BPF_PROG_LOAD",
  "BPF_OBJ_PIN",
  "BPF_OBJ_GET",
  "BPF_PROG_ATTACH",
  "BPF_PROG_DETACH",
  "BPF_PROG_TEST_RUN",
  "BPF_PROG_GET_NEXT_ID",
  "BPF_MAP_GET_NEXT_ID",
  "BPF_PROG_GET_FD_BY_ID",
  "BPF_MAP_GET_FD_BY_ID",
  "BPF_OBJ_GET_INFO_BY_FD",
  "BPF_PROG_QUERY",
  "BPF_RAW_TRACEPOINT_OPEN",
  "BPF_BTF_LOAD",
  "BPF_BTF_GET_FD_BY_ID",
  "BPF_TASK_FD_QUERY",
  "BPF_MAP_LOOKUP_AND_DELETE_ELEM",
  "BPF_MAP_FREEZE",
  "BPF_BTF_GET_NEXT_ID",
  "BPF_MAP_LOOKUP_BATCH",
  "BPF_MAP_LOOKUP_AND_DELETE_BATCH",
  "BPF_MAP_UPDATE_BATCH",
  "BPF_MAP_DELETE_BATCH",
  "BPF_LINK_CREATE",
  "BPF_LINK_UPDATE",
  "BPF_LINK_GET_FD_BY_ID",
  "BPF_LINK_GET_NEXT_ID",
  "BPF_ENABLE_STATS",
  "BPF_ITER_CREATE",
  "BPF_LINK_DETACH",
  "BPF_PROG_BIND_MAP",
  "BPF_TOKEN_CREATE",
].map((name, value) => [name, value] as const);

export const mountNames: NameTable = [
  ["RDONLY", 1],
  ["NOSUID", 2],
  ["NODEV", 4],
  ["NOEXEC", 8],
  ["SYNCHRONOUS", 16],
  ["REMOUNT", 32],
  ["MANDLOCK", 64],
  ["DIRSYNC", 128],
  ["NOATIME", 1024],
  ["NODIRATIME", 2048],
  ["BIND", 4096],
  ["MOVE", 8192],
  ["REC", 16384],
  ["SILENT", 32768],
  ["POSIXACL", 0x1_0000],
  ["UNBINDABLE", 0x2_0000],
  ["PRIVATE", 0x4_0000],
  ["SLAVE", 0x8_0000],
  ["SHARED", 0x10_0000],
  ["RELATIME", 0x20_0000],
  ["KERNMOUNT", 0x40_0000],
  ["I_VERSION", 0x80_0000],
  ["STRICTATIME", 0x100_0000],
  ["LAZYTIME", 0x200_0000],
];

export const umountNames: NameTable = [
  ["FORCE", 1],
  ["DETACH", 2],
  ["EXPIRE", 4],
  ["NOFOLLOW", 8],
];

export const atNames: NameTable = [
  ["AT_SYMLINK_NOFOLLOW", 0x100],
  ["AT_SYMLINK_FOLLOW", 0x400],
  ["AT_EMPTY_PATH", 0x1000],
];

/** In unlinkat(2) the bit has another meaning than in its neighbours. */
export const unlinkNames: NameTable = [["AT_REMOVEDIR", 0x200]];

export const renameNames: NameTable = [
  ["RENAME_NOREPLACE", 1],
  ["RENAME_EXCHANGE", 2],
  ["RENAME_WHITEOUT", 4],
];

export const memfdNames: NameTable = [
  ["MFD_CLOEXEC", 1],
  ["MFD_ALLOW_SEALING", 2],
  ["MFD_HUGETLB", 4],
  ["MFD_NOEXEC_SEAL", 8],
  ["MFD_EXEC", 16],
];

export const moduleNames: NameTable = [
  ["MODULE_INIT_IGNORE_MODVERSIONS", 1],
  ["MODULE_INIT_IGNORE_VERMAGIC", 2],
  ["MODULE_INIT_COMPRESSED_FILE", 4],
];

export const deleteModuleNames: NameTable = [
  ["O_NONBLOCK", constants.O_NONBLOCK],
  ["O_TRUNC", constants.O_TRUNC],
];

export const closeOnExecNames: NameTable = [
  ["O_NONBLOCK", constants.O_NONBLOCK],
  ["O_CLOEXEC", 0o2000000],
];

export const fcntlNames: NameTable = [
  ["F_DUPFD", 0],
  ["F_DUPFD_CLOEXEC", 1030],
];

export const spliceNames: NameTable = [
  ["SPLICE_F_MOVE", 1],
  ["SPLICE_F_NONBLOCK", 2],
  ["SPLICE_F_MORE", 4],
  ["SPLICE_F_GIFT", 8],
];

export const exeFlagNames: NameTable = [
  ["EXE_WRITABLE", 16],
  ["EXE_UPPER_LAYER", 1],
  ["EXE_FROM_MEMFD", 4],
  ["EXE_LOWER_LAYER", 1 << 30],
];

/** In the order of their numbers, from 0. */
const capabilityNames =
  "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE"
    .split(" ")
    .map((name) => `CAP_${name}`);

/** `CAP_CHOWN CAP_KILL`; empty where there is none. */
export function capabilityText(capabilities: bigint): string {
  return capabilityNames.filter((_, place) => ((capabilities >> BigInt(place)) & 1n) === 1n).join(" ");
}

const signalNames: readonly string[] =
  "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS"
    .split(" ")
    .map((name) => `SIG${name}`);

export function signalText(signal: number): string | undefined {
  return signal >= 32 && signal <= 64 ? `SIGRT${signal - 32}` : signalNames[signal - 1];
}
