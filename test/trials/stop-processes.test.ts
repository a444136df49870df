import { signTwilioRequest } from "@messaging-service/core";
import { createCarrier } from "@messaging-service/simulator";
import { beforeAll, expect, onTestFinished } from "vitest";
import { buildPackages } from "../support/build.ts";
import { startRedis } from "../support/redis.ts";
import { pass, phones, trial, within } from "../support/trial.ts";
import { startWorker, type Worker, type WorkerOptions } from "../support/worker.ts";

beforeAll(buildPackages);

const [SENDER = ""] = phones(1, 9);

interface Entry {
  readonly status: string;
  readonly effect: string;
  readonly at: number;
  readonly messageSid: string;
}

async function open() {
  const redis = await startRedis();
  const carrier = createCarrier();
  onTestFinished(async () => {
    await carrier.close();
    await redis.stop();
  });
  const { url: baseUrl } = await carrier.listen();
  const { accountSid, authToken } = carrier;
  const options: WorkerOptions = {
    store: { redis: redis.url },
    carrier: { baseUrl, accountSid, authToken },
    service: {
      senders: [{ phoneNumber: SENDER, throughput: 1_000 }],
      heartbeatMs: 200,
      optOut: { brand: "Acme" },
    },
  };

  /** Posts a text to one process; resolves to its status and answer, or to 0 when the process was gone. */
  async function text(
    worker: Worker,
    sid: string,
    from: string,
    body: string,
  ): Promise<readonly [number, string]> {
    const parameters = {
      MessageSid: sid,
      AccountSid: accountSid,
      From: from,
      To: SENDER,
      Body: body,
      NumMedia: "0",
    };
    const url = `http://127.0.0.1:${worker.port}/messaging/inbound/twilio`;
    try {
      const answer = await fetch(url, {
        method: "POST",
        headers: { "x-twilio-signature": signTwilioRequest({ authToken, url, parameters }) },
        body: new URLSearchParams(parameters),
      });
      return [answer.status, await answer.text()];
    } catch {
      return [0, ""];
    }
  }
  return { carrier, options, text };
}

const sidOf = (series: string, at: number): string =>
  `SM${series}${String(at).padStart(32 - series.length, "0")}`;

trial(
  "STOP and START to two processes at once are both in the history, and STOP stands",
  { full: 120, short: 60 },
  async ({ random, sized, figure }) => {
    const { options, text } = await open();
    const [one, two] = [await startWorker(options), await startWorker(options)];
    const people = phones(sized(500, 40), 3);
    let promised = 0;
    for (const [at, from] of people.entries()) {
      const delay = random.pick([0, 0, 1, 3]);
      const [stop, start] = await Promise.all([
        text(one, sidOf("a", at), from, "STOP"),
        pass(delay).then(() => text(two, sidOf("b", at), from, "START")),
      ]);
      expect([stop[0], start[0]]).toEqual([200, 200]);
      expect(stop[1], "the STOP is confirmed").toContain("unsubscribed");
      const history = (await two.order("history", from)) as Entry[];
      expect(history.map(({ status }) => status).sort()).toEqual(["opted-in", "opted-out"]);
      // "You are subscribed" only where it was so: before the STOP.
      const optedIn = history.find(({ status }) => status === "opted-in");
      expect(start[1].includes("subscribed")).toBe(optedIn?.effect === "applied");
      if (optedIn?.effect === "applied") promised += 1;
      expect(await one.order("consent", [from])).toEqual(["opted-out"]);
      const [sent] = await two.order("send", [{ to: from, body: "x" }]);
      expect(sent).toEqual({ refused: "OPTED_OUT" });
    }
    figure("STARTs that came before their STOP", promised);
  },
);

trial(
  "a process that is killed over a STOP leaves nobody who was answered able to be texted, and no second confirmation",
  { full: 600, short: 90 },
  async ({ random, sized, figure }) => {
    const { carrier, options, text } = await open();
    let answered = 0;
    for (let round = 0; round < sized(20, 2); round += 1) {
      const doomed = await startWorker(options);
      const other = await startWorker(options);
      const people = phones(30, 4).map((each) => each.replace("+1415", `+1${212 + round}`));
      // Killed between one answer and the next, while others are on their way.
      let left = random.whole(1, 25);
      let enough = (): void => {};
      const killing = new Promise<void>((resolve) => {
        enough = resolve;
      }).then(() => doomed.kill());
      const texting = people.map(async (from, at) => {
        await pass(at * 2);
        const answer = await text(doomed, sidOf(`c${round}d`, at), from, "STOP");
        left -= 1;
        if (left === 0) enough();
        return answer;
      });
      await killing;
      const first = await Promise.all(texting);
      const confirmed = people.filter((_, at) => first[at]?.[0] === 200);
      answered += confirmed.length;
      const refused = await other.order(
        "send",
        confirmed.map((to) => ({ to, body: "x" })),
      );
      expect(refused.filter(({ refused: code }) => code !== "OPTED_OUT")).toEqual([]);
      // The provider repeats what it got no answer to.
      const last = [...first];
      for (const [at, from] of people.entries()) {
        const answeredNow = async (): Promise<boolean> => {
          const answer = await text(other, sidOf(`c${round}d`, at), from, "STOP");
          last[at] = answer;
          return answer[0] === 200;
        };
        const done = first[at]?.[0] === 200 || (await within(45_000, answeredNow));
        expect(done, "it is answered in the end").toBe(true);
        const sent = carrier.messages.filter(({ to }) => to === from);
        const confirmations = sent.length + (last[at]?.[1].includes("unsubscribed") === true ? 1 : 0);
        expect(confirmations, "confirmations").toBeLessThanOrEqual(1);
      }
      expect(new Set(await other.order("consent", people))).toEqual(new Set(["opted-out"]));
      for (const from of people) expect(await other.order("history", from), from).toHaveLength(1);
      await other.kill();
    }
    expect(answered, "some were answered before the kill").toBeGreaterThan(0);
    figure("STOPs answered before the kill", answered);
  },
);
