import type { Logger } from "./logger.ts";

/** Listeners by name. A listener that throws is logged and disturbs nobody. */
export interface Emitter {
  on(name: string, listener: (payload: never) => void): () => void;
  emit(name: string, payload: unknown): void;
  /** Whether anybody listens. */
  has(name: string): boolean;
}

/** Best effort, in this process: for what must not be lost there is the feed. */
export function createEmitter(logger: Logger): Emitter {
  const listeners = new Map<string, Set<(payload: never) => void>>();
  const failed = (name: string, error: unknown): void =>
    logger.error(`A listener of "${name}" threw.`, { error: String(error) });
  return Object.freeze({
    on(name: string, listener: (payload: never) => void): () => void {
      const set = listeners.get(name) ?? new Set();
      listeners.set(name, set.add(listener));
      return () => {
        set.delete(listener);
      };
    },
    has: (name: string) => (listeners.get(name)?.size ?? 0) > 0,
    emit(name: string, payload: unknown): void {
      for (const listener of listeners.get(name) ?? []) {
        try {
          // A listener may be an async function: its rejection must not end the process.
          const result: unknown = listener(payload as never);
          if (result instanceof Promise) result.catch((error: unknown) => failed(name, error));
        } catch (error) {
          failed(name, error);
        }
      }
    },
  });
}
