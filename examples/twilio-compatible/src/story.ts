import type { Carrier } from "@messaging-service/simulator";
import type twilio from "twilio";

/** What the story is played with. */
export interface Stage {
  readonly client: ReturnType<typeof twilio>;
  /** Whose phones they are. */
  readonly carrier: Carrier;
  readonly publicUrl: string;
  /** Takes a line. */
  readonly print: (line: string) => void;
}

const ANA = "+14155550123";

/** A service from its making to its end, all of it by the official client and a phone. Resolves to the lines of what went wrong. */
export async function playStory({ client, carrier, publicUrl, print }: Stage): Promise<readonly string[]> {
  const wrong: string[] = [];
  const phone = carrier.handset(ANA);

  print("A service is made, and given the account's numbers:");
  const service = await client.messaging.v1.services.create({
    friendlyName: "Bookings",
    inboundRequestUrl: `${publicUrl}/sms`,
  });
  const pool = client.messaging.v1.services(service.sid).phoneNumbers;
  for (const number of await client.incomingPhoneNumbers.list()) {
    const added = await pool.create({ phoneNumberSid: number.sid });
    print(`  ${added.sid}  ${added.phoneNumber}  ${added.countryCode}  ${added.capabilities.join(" ")}`);
  }

  print("Ana is sent a text, and writes back:");
  await send("Hi Ana, your table is booked for Friday.", "delivered", null);
  const from = phone.inbox.at(-1)?.from ?? "";
  await write("Can we come at 8?", /^Thanks! You wrote: Can we come at 8\?$/);

  print("She opts out; what is sent then, fails:");
  await write("STOP", /unsubscribed/);
  await send("One more thing, Ana.", "failed", 21610);
  const refused = await client.messages.create({ to: ANA, from, body: "By From alone?" }).then(
    () => undefined,
    (error: { readonly code: number; readonly status: number }) => error,
  );
  print(`  From alone → HTTP ${refused?.status}, ${refused?.code}`);
  check(refused?.status === 400 && refused.code === 21610, `From alone was answered ${refused?.code}`);

  print("She opts in again:");
  await write("START", /subscribed/);
  await send("Welcome back, Ana.", "delivered", null);

  print("The service is deleted; what it sent stays on record:");
  await client.messaging.v1.services(service.sid).remove();
  const left = await client.messages.list({ to: ANA });
  print(`  ${left.length} messages to Ana`);
  check(left.length >= 3, `${left.length} messages are left`);

  print(wrong.length === 0 ? "All as expected." : `Not as expected: ${wrong.join("; ")}.`);
  return wrong;

  async function send(body: string, status: string, code: number | null): Promise<void> {
    const created = await client.messages.create({ to: ANA, messagingServiceSid: service.sid, body });
    await carrier.settled();
    const { sid } = created;
    const now = await until(
      () => client.messages(sid).fetch(),
      (each) => each.status === status,
    );
    print(
      `  ${now.from ?? "nobody"} → "${body}"  ${created.status}, then ${now.status} ${now.errorCode ?? ""}`.trimEnd(),
    );
    check(now.status === status && now.errorCode === code, `"${body}" is ${now.status} ${now.errorCode}`);
  }

  async function write(body: string, answer: RegExp): Promise<void> {
    const { replies } = await phone.text(from, body);
    const reply = replies.map((each) => each.body).join(" ");
    print(`  Ana: "${body}" → "${reply}"`);
    check(answer.test(reply), `"${body}" was answered "${reply}"`);
  }

  function check(holds: boolean, problem: string): void {
    if (!holds) wrong.push(problem);
  }
}

/** Asks until the answer is liked, for fifteen seconds at most: a number of the US sends a segment a second; then it is what it is. */
async function until<T>(ask: () => Promise<T>, likes: (answer: T) => boolean): Promise<T> {
  for (let tries = 1; ; tries++) {
    const answer = await ask();
    if (likes(answer) || tries === 300) return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
