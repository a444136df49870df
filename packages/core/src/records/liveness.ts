import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/**
 * Where process IDs mean the same: this boot of this kernel and this PID namespace, so that two containers of one
 * host name are two places. Where the system does not say, the host's name.
 */
function place(): string {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return `${boot} ${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return hostname();
  }
}

const HERE: string = place();

/** The sign of life of this process: says where it runs, so that its neighbours need not wait to see it gone. */
export const SIGN_OF_LIFE: string = JSON.stringify({ pid: process.pid, place: HERE });

/**
 * Whether a sign of life is worth nothing: there is none any more, or it is of a process of this machine that has
 * ended. A process elsewhere counts as alive until its sign expires.
 */
export function isDead(sign: string | undefined): boolean {
  if (sign === undefined) return true;
  const { pid, place } = JSON.parse(sign) as { readonly pid: number; readonly place: string };
  if (place !== HERE) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    // EPERM: it is there, under another user.
    return error instanceof Error && "code" in error && error.code === "ESRCH";
  }
}
