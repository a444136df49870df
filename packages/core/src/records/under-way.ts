/** What this process is at, by SID: tells a message that it handles from one that it claimed and lost. */
export interface UnderWay {
  has(sid: string): boolean;
  /** The SID counts as under way until the task has ended, however often at once. */
  during<T>(sid: string, task: () => Promise<T>): Promise<T>;
}

export function createUnderWay(): UnderWay {
  const counts = new Map<string, number>();
  return Object.freeze({
    has: (sid: string) => counts.has(sid),
    async during<T>(sid: string, task: () => Promise<T>): Promise<T> {
      counts.set(sid, (counts.get(sid) ?? 0) + 1);
      try {
        return await task();
      } finally {
        const left = (counts.get(sid) ?? 1) - 1;
        if (left === 0) counts.delete(sid);
        else counts.set(sid, left);
      }
    },
  });
}
