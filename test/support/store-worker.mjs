// A process of its own on a shared store: `node store-worker.mjs <module that exports createStore> <argument> <command>…`
const [module = "", argument, command = "", ...rest] = process.argv.slice(2);
/** @type {{ createStore(argument: string | undefined): Promise<import("@messaging-service/core").Store> }} */
const { createStore } = await import(module);
const store = await createStore(argument);

/** @type {Record<string, (...args: string[]) => Promise<unknown>>} */
const commands = {
  /** Takes part in a race for each of `count` keys; says which it won. */
  async claim(who = "", count) {
    /** @type {number[]} */
    const won = [];
    await Promise.all(
      Array.from({ length: Number(count) }, async (_, index) => {
        if ((await store.setIfAbsent(`claim:${index}`, who, 0)) === undefined) won.push(index);
      }),
    );
    return won;
  },
  /** Adds `count` to a counter, one at a time. */
  async count(count) {
    for (let left = Number(count); left > 0; ) {
      const seen = (await store.get("counter")) ?? "";
      if (await store.compareAndSet("counter", seen, String(Number(seen) + 1), 0)) left -= 1;
    }
  },
  /** Appends `count` entries to a log; says their cursors. */
  async append(who, count) {
    const cursors = [];
    for (let index = 0; index < Number(count); index += 1) {
      cursors.push(await store.append("log", `${who}:${index}`, 0));
    }
    return cursors;
  },
  /** Writes until it is killed; says each key once it is confirmed. */
  async write() {
    for (let index = 0; ; index += 1) {
      await store.set(`key:${index}`, `${index}`, 0);
      await store.append("log", `${index}`, 0);
      process.stdout.write(`${index}\n`);
    }
  },
};

process.stdout.write(`${JSON.stringify((await commands[command]?.(...rest)) ?? null)}\n`);
await store.close?.();
process.exit(0);
