/** Bounds of a {@link Gate}. */
export interface GateLimits {
  readonly maxConcurrent: number;
  readonly maxPerLane: number;
  /** Who may wait, over all lanes. */
  readonly maxWaiting: number;
}

/** Lets calls through in bounded number, and no lane at the others' expense. */
export interface Gate {
  /** Resolves with what gives the place back; `undefined` when too many wait already. Rejects after {@link Gate.close}. */
  enter(lane: string): Promise<(() => void) | undefined>;
  /** Rejects those who wait with the error, and whoever comes later. */
  close(error: Error): void;
  readonly active: number;
}

interface Lane {
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
 * At most `maxConcurrent` at a time, at most `maxPerLane` of them on one lane, and no lane holds more places than are free.
 * So a lane that hangs takes at most half, two such lanes two thirds, and a lane that nobody used yet finds a place; the
 * places to wait are shared out by the same rule. Those who wait are served in order per lane, the lanes in turn.
 */
export function createGate({ maxConcurrent, maxPerLane, maxWaiting }: GateLimits): Gate {
  const lanes = new Map<string, Lane>();
  /** Lanes with waiters, in the order of their turn. */
  const turns = new Set<string>();
  let active = 0;
  let waiting = 0;
  let closed: Error | undefined;

  const admits = (state: Lane): boolean => state.active < Math.min(maxPerLane, maxConcurrent - active);
  const mayWait = (state: Lane): boolean => state.waiting.length - state.served < maxWaiting - waiting;

  function take(lane: string, state: Lane): () => void {
    active++;
    state.active++;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      active--;
      state.active--;
      if (state.active === 0 && state.served === state.waiting.length) lanes.delete(lane);
      admitWaiters();
    };
  }

  function admitWaiters(): void {
    // Lanes passed over hold at least as many places as are free, so there are few of them.
    for (const lane of turns) {
      if (active >= maxConcurrent) return;
      const state = lanes.get(lane);
      if (state === undefined || !admits(state)) continue;
      const waiter = state.waiting[state.served++];
      turns.delete(lane);
      if (state.served < state.waiting.length) turns.add(lane);
      compact(state);
      waiting--;
      waiter?.resolve(take(lane, state));
    }
  }

  return {
    enter(lane) {
      if (closed !== undefined) return Promise.reject(closed);
      const state = lanes.get(lane) ?? { active: 0, waiting: [], served: 0 };
      lanes.set(lane, state);
      if (state.waiting.length === 0 && admits(state)) return Promise.resolve(take(lane, state));
      if (!mayWait(state)) {
        if (state.active === 0 && state.waiting.length === 0) lanes.delete(lane);
        return Promise.resolve(undefined);
      }
      waiting++;
      turns.add(lane);
      return new Promise((resolve, reject) => state.waiting.push({ resolve, reject }));
    },
    close(error) {
      closed = error;
      for (const state of lanes.values()) {
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
function compact(state: Lane): void {
  if (state.served * 2 < state.waiting.length) return;
  state.waiting.splice(0, state.served);
  state.served = 0;
}
