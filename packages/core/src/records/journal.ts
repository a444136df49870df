import { appendFile, readFile, rename, writeFile } from "node:fs/promises";

/** A STOP that the store did not take, as it is written to the journal. */
export interface JournalEntry {
  readonly id: string;
  readonly event: unknown;
}

/**
 * A local file for what the store would not take: each entry is one line of JSON, on disk before anything else happens.
 * It is empty but for the time of an outage.
 */
export interface Journal {
  add(entry: JournalEntry): Promise<void>;
  /** The store has it now. */
  remove(id: string): Promise<void>;
  /** What an earlier process left. A last line cut off by a crash is left out: its STOP was not answered. */
  read(): Promise<readonly JournalEntry[]>;
}

/** The journal at a path; without one nothing is kept. */
export function createJournal(path: string | undefined): Journal {
  let turn: Promise<unknown> = Promise.resolve();
  /** One after the other: two writes at once would mix their lines. */
  function inTurn<T>(task: () => Promise<T>): Promise<T> {
    const result = turn.then(task);
    turn = result.catch(() => undefined);
    return result;
  }

  async function read(): Promise<readonly JournalEntry[]> {
    if (path === undefined) return [];
    let text: string;
    try {
      text = await readFile(path, "utf8");
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
      throw error;
    }
    return text.split("\n").flatMap((line) => {
      try {
        return line === "" ? [] : [JSON.parse(line) as JournalEntry];
      } catch {
        return [];
      }
    });
  }

  return Object.freeze({
    read: () => inTurn(read),
    async add(entry: JournalEntry): Promise<void> {
      // On a line of its own, even behind one that a crash cut off.
      if (path !== undefined)
        await inTurn(() => appendFile(path, `\n${JSON.stringify(entry)}\n`, { flush: true }));
    },
    async remove(id: string): Promise<void> {
      if (path === undefined) return;
      await inTurn(async () => {
        const left = (await read()).filter((entry) => entry.id !== id);
        // Written beside and moved over: a crash leaves the old file or the new one.
        await writeFile(`${path}.new`, left.map((entry) => `${JSON.stringify(entry)}\n`).join(""), {
          flush: true,
        });
        await rename(`${path}.new`, path);
      });
    },
  });
}
