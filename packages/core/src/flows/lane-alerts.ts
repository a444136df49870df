import type { Job, LaneLimit, Queue } from "../queue/queue.ts";
import type { Events } from "./context.ts";

/** What {@link createLaneAlerts} works with. */
export interface LaneAlertsParts {
  readonly queue: Pick<Queue, "size">;
  readonly limitOf: (lane: string, bucket: string) => LaneLimit;
  readonly alert: Events["alert"];
}

/** The part of its capacity from which a lane is nearly full, and the part below which it may be nearly full again. */
const FULL = 0.8;
const RELIEVED = 0.5;
/** No message has more segments: 1,600 characters of UCS-2 and a link are 26. */
const MOST_UNITS = 32;
/** Jobs between two looks, at most: a sender's rate may be lowered meanwhile. */
const MOST_UNSEEN = 1_000;
const MOST_LANES = 100_000;

/**
 * Tells when a sender's lane is 80 % full, once until it has been half empty. To be called for every job that joined a lane: it
 * looks only when so many have joined since that the lane may be full.
 */
export function createLaneAlerts({ queue, limitOf, alert }: LaneAlertsParts): (job: Job) => void {
  /** Jobs until a lane wants looking at. */
  const unseen = new Map<string, number>();
  const full = new Set<string>();

  return function joined({ lane, bucket = "SMS" }: Job): void {
    const key = bucket === "SMS" ? lane : `${lane} ${bucket}`;
    const left = unseen.get(key) ?? 0;
    if (left > 0) unseen.set(key, left - 1);
    else look(key, lane, bucket);
  };

  function look(key: string, lane: string, bucket: string): void {
    const { capacity } = limitOf(lane, bucket);
    const waiting = queue.size(lane, bucket);
    if (waiting < capacity * RELIEVED) full.delete(key);
    if (waiting >= capacity * FULL && !full.has(key)) {
      full.add(key);
      const percent = Math.floor((waiting / capacity) * 100);
      alert(
        "LANE_NEARLY_FULL",
        `The queue of ${lane} is ${percent} % full: ${waiting} of ${capacity} ${bucket === "SMS" ? "segments" : "messages"} wait.`,
        { sender: lane, kind: bucket, waiting, capacity },
        { subject: key },
      );
    }
    const room = Math.floor(Math.abs(capacity * FULL - waiting) / MOST_UNITS);
    if (unseen.size >= MOST_LANES) unseen.clear();
    unseen.set(key, Math.min(room, MOST_UNSEEN));
  }
}
