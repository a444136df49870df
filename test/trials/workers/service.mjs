// A service in a process of its own. It does what the parent orders over IPC, answers each order once, and reports what
// happens; it may be killed at any moment. Loads what is built: Node 20 runs no TypeScript.
import { createServer } from "node:http";
import KeyvRedis from "@keyv/redis";
import { createMessagingService, keyvStore } from "@messaging-service/core";
import { messagingService } from "@messaging-service/express";
import { lmdbStore } from "@messaging-service/lmdb";
import { twilio } from "@messaging-service/providers/twilio";
import express from "express";
import { Keyv } from "keyv";

/** @typedef {import("../../support/worker.ts").WorkerOptions} WorkerOptions */
/** @typedef {import("@messaging-service/core").MessagingService} MessagingService */
/** @typedef {import("@messaging-service/core").Store} Store */

const silent = { debug() {}, info() {}, warn() {}, error() {} };
/** @type {MessagingService} */
let service;
let loading = 0;

/** @param {Record<string, unknown>} event */
const report = (event) => void process.send?.(event);

/** @param {WorkerOptions} options @returns {Store} */
function openStore({ store, dieAt }) {
  /** @type {Store} */
  let opened;
  if (store.redis === undefined) opened = lmdbStore(store.lmdb ?? "");
  else {
    const keyv = new Keyv(new KeyvRedis(store.redis), { throwOnErrors: true });
    // A client that loses its connection says so; the service hears of it by its calls.
    keyv.on("error", () => {});
    opened = keyvStore(keyv, { timeoutMs: store.timeoutMs });
  }
  if (dieAt === undefined) return opened;
  const die = () => process.kill(process.pid, "SIGKILL");
  return {
    ...opened,
    async compareAndSet(key, ...rest) {
      const isRecord = key.includes(":m:");
      if (isRecord && dieAt === "before-record") die();
      const done = await opened.compareAndSet(key, ...rest);
      if (isRecord && dieAt === "after-record") die();
      return done;
    },
  };
}

/**
 * A carrier at the other end of the pipe: it takes everything, and the parent counts.
 *
 * @returns {import("@messaging-service/core").Provider}
 */
function pipe() {
  let count = 0;
  return {
    name: "pipe",
    async send({ sid, to, from }) {
      report({ event: "handed", sid, to, from });
      count += 1;
      return { outcome: "accepted", providerSid: `${process.pid}-${count}` };
    },
    webhook: { verify: () => ({ ok: true }), parseInbound: () => [], parseReceipts: () => [] },
  };
}

/** @type {Record<string, (...args: any[]) => unknown>} */
const orders = {
  /** @param {WorkerOptions} options */
  async start(options) {
    const { carrier, port, service: rest } = options;
    const provider = carrier === undefined ? pipe() : twilio({ ...carrier, optOutHandling: "off" });
    service = createMessagingService({
      store: openStore(options),
      provider,
      publicUrl: `http://127.0.0.1:${port}`,
      logger: silent,
      webhook: async (message, { reply }) => {
        report({ event: "webhook", sid: message.sid, optOutType: message.optOutType ?? null });
        if (message.optOutType === null) await reply(`You said ${message.body}.`);
      },
      ...rest,
    });
    const app = express().use(messagingService(service));
    await new Promise((resolve) => createServer(app).listen(port, "127.0.0.1", () => resolve(undefined)));
    await service.ready();
  },
  /** @param {import("@messaging-service/core").SendRequest[]} requests */
  send: (requests) =>
    Promise.all(
      requests.map((request) =>
        service.send(request).then(
          ({ sid, status, from }) => ({ sid, status, from }),
          (error) => ({ refused: error.code ?? String(error) }),
        ),
      ),
    ),
  /**
   * Texts the recipients over and over, `width` at once, and reports each acceptance and refusal as it comes.
   *
   * @param {{ readonly width: number, readonly recipients: readonly string[], readonly pauseMs: number }} load
   */
  load({ width, recipients, pauseMs }) {
    loading += 1;
    const mine = loading;
    let count = 0;
    const loop = async () => {
      while (mine === loading) {
        const to = recipients[count % recipients.length] ?? "";
        count += 1;
        await service.send({ to, body: `Number ${count}` }).then(
          ({ sid }) => report({ event: "accepted", sid, to }),
          (error) => report({ event: "refused", code: error.code ?? String(error), to }),
        );
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    };
    for (let index = 0; index < width; index += 1) void loop();
  },
  rest() {
    loading += 1;
  },
  /**
   * Texts each recipient once, in order, `width` at once.
   *
   * @param {{ readonly width: number, readonly recipients: readonly string[] }} tour
   */
  async tour({ width, recipients }) {
    let next = 0;
    const loop = async () => {
      for (let to = recipients[next++]; to !== undefined; to = recipients[next++]) {
        await service.send({ to, body: "Hello" });
      }
    };
    await Promise.all(Array.from({ length: width }, loop));
  },
  /** @param {string[]} sids */
  messages: (sids) =>
    Promise.all(
      sids.map(async (sid) => {
        const message = await service.message(sid);
        if (message === undefined) return null;
        const { status, ambiguous, error, errorCode, direction, from } = message;
        return { status, ambiguous, error, errorCode, direction, from };
      }),
    ),
  /** @param {string[]} addresses */
  consent: (addresses) =>
    Promise.all(addresses.map(async (address) => (await service.consent.get(address)).status)),
  /** @param {string} address */
  async history(address) {
    const events = [];
    for await (const event of service.consent.history(address)) events.push(event);
    return events;
  },
  /** @param {string[]} addresses */
  sticky: (addresses) =>
    Promise.all(addresses.map(async (address) => (await service.sticky.get(address))?.sender ?? null)),
  /** The conversations of each person, and their messages, oldest first. @param {string[]} addresses */
  async conversations(addresses) {
    /** @type {import("@messaging-service/core").Conversation[]} */
    const all = [];
    for (let cursor; cursor !== null; ) {
      const page = await service.conversations.list({ limit: 200, cursor });
      all.push(...page);
      ({ cursor } = page);
    }
    return Promise.all(
      addresses.map((address) =>
        Promise.all(
          all
            .filter((conversation) => conversation.address === address)
            .map(async ({ sid, state }) => {
              const messages = await service.conversations.messages(sid, { limit: 200 });
              return {
                sid,
                state,
                messages: messages.map(({ index, messageSid }) => ({ index, messageSid })).toReversed(),
              };
            }),
        ),
      ),
    );
  },
  /**
   * Sends in the conversation of that person.
   *
   * @param {string} address
   * @param {string} body
   */
  async converse(address, body) {
    const conversation = await service.conversations.find({ address });
    return (await service.conversations.send(conversation?.sid ?? "", { body })).sid;
  },
  alerts: () => service.alerts.list(100_000),
  /** @param {import("@messaging-service/core").SettingsInput} change */
  update: (change) => service.update(change),
  settings: () => service.settings,
  /** @param {string} sender */
  addSender: (sender) => service.senders.add(sender),
  /** @param {string} id */
  removeSender: (id) => service.senders.remove(id),
  senders: () => service.senders.list().map(({ id }) => id),
  /** Reports every change after the cursor, one by one. @param {string | null} after */
  follow(after) {
    const loop = async () => {
      for await (const change of service.changes({ after: after ?? undefined }))
        report({ event: "change", change });
    };
    void loop();
  },
  async feed() {
    const changes = [];
    for await (const change of service.changes({ follow: false })) changes.push(change);
    return changes;
  },
};

process.on("message", async (/** @type {any} */ { id, order, args }) => {
  try {
    report({ id, result: (await orders[order]?.(...args)) ?? null });
  } catch (error) {
    report({ id, error: error instanceof Error ? `${error.stack}` : String(error) });
  }
});
// The parent is gone: nobody would end this process.
process.on("disconnect", () => process.exit(0));
report({ event: "up" });
