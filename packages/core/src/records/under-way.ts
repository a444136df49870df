import { PassingMap } from "../passing.ts";

/** What this process is at, by SID: tells a message that it handles from one that it claimed and lost. */
export interface UnderWay {
  has(sid: string): boolean;
  /** The SID counts as under way until as many ends were told as beginnings. */
  begin(sid: string): void;
  end(sid: string): void;
}

export function createUnderWay(): UnderWay {
  const counts = new PassingMap<string, number>();
  return Object.freeze({
    has: (sid: string) => counts.has(sid),
    begin(sid: string): void {
      counts.set(sid, (counts.get(sid) ?? 0) + 1);
    },
    end(sid: string): void {
      const left = (counts.get(sid) ?? 1) - 1;
      if (left === 0) counts.delete(sid);
      else counts.set(sid, left);
    },
  });
}
