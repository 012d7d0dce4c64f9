import type { WireProcess } from "../wire/structures.ts";

/** What can be said of a process of which only its number and its start are known. -1 is no user, and no group. */
export function emptyFacts(pid: number, startNs: number): WireProcess {
  return {
    uid: -1,
    euid: -1,
    gid: -1,
    egid: -1,
    loginuid: -1,
    sid: 0,
    pgid: 0,
    vpid: pid,
    vtid: pid,
    vpgid: 0,
    vsid: 0,
    tty: 0,
    startNs,
    capPermitted: 0n,
    capEffective: 0n,
    capInheritable: 0n,
    exeInode: 0,
    exeMtimeNs: 0,
    exeCtimeNs: 0,
    exeDevice: 0,
    exeFlags: 0,
    pidNamespace: 0,
    mountNamespace: 0,
    netNamespace: 0,
    userNamespace: 0,
  };
}
