/** Bounds of a {@link Gate}. */
export interface GateLimits {
  readonly maxConcurrent: number;
  readonly maxPerHost: number;
  /** Who may wait, over all hosts. */
  readonly maxWaiting: number;
}

/** Lets calls through in bounded number, and no host at the others' expense. */
export interface Gate {
  /** Resolves with what gives the place back; `undefined` when too many wait already. Rejects after {@link Gate.close}. */
  enter(host: string): Promise<(() => void) | undefined>;
  /** Rejects those who wait with the error, and whoever comes later. */
  close(error: Error): void;
  readonly active: number;
}

interface HostState {
  active: number;
  readonly waiting: Waiter[];
  /** Waiters before this index were served: a shift would move the rest each time. */
  served: number;
}
interface Waiter {
  resolve(leave: () => void): void;
  reject(error: Error): void;
}

/**
 * At most `maxConcurrent` at a time, at most `maxPerHost` of them to one host, and no host holds more places than are free.
 * So a host that hangs takes at most half, two such hosts two thirds, and a host that nobody called yet finds a place. Those
 * who wait are served in order per host, the hosts in turn.
 */
export function createGate({ maxConcurrent, maxPerHost, maxWaiting }: GateLimits): Gate {
  const hosts = new Map<string, HostState>();
  /** Hosts with waiters, in the order of their turn. */
  const turns = new Set<string>();
  let active = 0;
  let waiting = 0;
  let closed: Error | undefined;

  const admits = (state: HostState): boolean => state.active < Math.min(maxPerHost, maxConcurrent - active);

  function take(host: string, state: HostState): () => void {
    active++;
    state.active++;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      active--;
      state.active--;
      if (state.active === 0 && state.served === state.waiting.length) hosts.delete(host);
      admitWaiters();
    };
  }

  function admitWaiters(): void {
    // Hosts passed over hold at least as many places as are free, so there are few of them.
    for (const host of turns) {
      if (active >= maxConcurrent) return;
      const state = hosts.get(host);
      if (state === undefined || !admits(state)) continue;
      const waiter = state.waiting[state.served++];
      turns.delete(host);
      if (state.served < state.waiting.length) turns.add(host);
      compact(state);
      waiting--;
      waiter?.resolve(take(host, state));
    }
  }

  return {
    enter(host) {
      if (closed !== undefined) return Promise.reject(closed);
      const state = hosts.get(host) ?? { active: 0, waiting: [], served: 0 };
      hosts.set(host, state);
      if (state.waiting.length === 0 && admits(state)) return Promise.resolve(take(host, state));
      if (waiting >= maxWaiting) {
        if (state.active === 0 && state.waiting.length === 0) hosts.delete(host);
        return Promise.resolve(undefined);
      }
      waiting++;
      turns.add(host);
      return new Promise((resolve, reject) => state.waiting.push({ resolve, reject }));
    },
    close(error) {
      closed = error;
      for (const state of hosts.values()) {
        for (const waiter of state.waiting.slice(state.served)) waiter.reject(error);
        state.waiting.length = state.served = 0;
      }
      turns.clear();
      waiting = 0;
    },
    get active() {
      return active;
    },
  };
}

/** Half of the list at a time, so that a waiter is moved once on average. */
function compact(state: HostState): void {
  if (state.served * 2 < state.waiting.length) return;
  state.waiting.splice(0, state.served);
  state.served = 0;
}
