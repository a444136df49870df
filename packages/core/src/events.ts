import type { Logger } from "./logger.ts";

/** Listeners by name. A listener that throws is logged and disturbs nobody. */
export interface Emitter {
  on(name: string, listener: (payload: never) => void): () => void;
  emit(name: string, payload: unknown): void;
}

/** Best effort, in this process: for what must not be lost there is the feed. */
export function createEmitter(logger: Logger): Emitter {
  const listeners = new Map<string, Set<(payload: never) => void>>();
  return Object.freeze({
    on(name: string, listener: (payload: never) => void): () => void {
      const set = listeners.get(name) ?? new Set();
      listeners.set(name, set.add(listener));
      return () => {
        set.delete(listener);
      };
    },
    emit(name: string, payload: unknown): void {
      for (const listener of listeners.get(name) ?? []) {
        try {
          listener(payload as never);
        } catch (error) {
          logger.error(`A listener of "${name}" threw.`, { error: String(error) });
        }
      }
    },
  });
}
