/** What the server refuses, in its words. `status` is 0 when it was not reached. */
export class Refusal extends Error {
  /**
   * @param {number} status
   * @param {string} message
   */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/**
 * Calls the server. Resolves to what it answers; rejects with a {@link Refusal}.
 *
 * @param {"GET" | "POST" | "DELETE"} method
 * @param {string} path
 * @param {unknown} [body] sent as JSON, the only form the server reads: no other site's form can send it
 */
export async function call(method, path, body) {
  const request = { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const response = await fetch(path, body === undefined ? { method } : request).catch(() => {
    throw new Refusal(0, "The server cannot be reached: try again.");
  });
  const answer = response.status === 204 ? undefined : await response.json().catch(() => undefined);
  if (!response.ok)
    throw new Refusal(response.status, answer?.message ?? `The server answered ${response.status}.`);
  return answer;
}

/**
 * What the server tells as it happens. The browser connects again by itself and says which event was its last; where
 * the server cannot go on from there, `onStart` is told that something may have been missed.
 *
 * @param {{
 *   onStart: (resumed: boolean) => void,
 *   onEvent: (name: string, data: any) => void,
 *   onLost: () => void,
 *   onRefused: () => void,
 * }} handlers onLost: it connects again; onRefused: it does not
 * @returns {() => void} ends it
 */
export function listen({ onStart, onEvent, onLost, onRefused }) {
  const source = new EventSource("/api/events");
  source.addEventListener("ready", (event) => onStart(JSON.parse(event.data).resumed));
  for (const name of ["conversation", "status", "consent"])
    source.addEventListener(name, (event) => onEvent(name, JSON.parse(event.data)));
  source.addEventListener("error", () => (source.readyState === EventSource.CLOSED ? onRefused() : onLost()));
  return () => source.close();
}
