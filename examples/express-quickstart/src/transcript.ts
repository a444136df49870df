import { isMessagingError, type SendRequest } from "@messaging-service/core";
import { deliver, finalMessage } from "./deliver.ts";
import { COLUMNS, formatDelivered, formatExchange, formatRefusal, statusOf } from "./format.ts";
import { RURAL_NETWORK, type Simulation } from "./simulated.ts";

/** Takes a line. */
export type Print = (line: string) => void;

/** Everybody in the story. Numbers set aside for fiction, where their country has such. */
const PEOPLE = {
  Ana: "+12135550123",
  Ben: "+14155550142",
  Cleo: "+19175550123",
  Dev: "+14165550123",
  Élodie: "+33639980123",
  Felix: "+491713920012",
  Mia: "+61491570156",
  Hana: "+64211234567",
  Grace: "+447700900123",
  João: "whatsapp:+5511912345678",
} as const;

type Name = keyof typeof PEOPLE;
type Content = Pick<SendRequest, "body" | "mediaUrl">;

/** What is expected of a send. `from`: nothing, where several senders are as good as each other. */
interface Expected {
  readonly from?: string | undefined;
  readonly rule?: string | undefined;
}

/** How long somebody who opted out thinks it over. A START within seconds of a STOP may count as a slip. */
const SECOND_THOUGHTS_MS = 60_000;

/**
 * Plays the story through the app and the carrier, and prints it. Resolves to what did not go as expected: nothing, if
 * all is well.
 */
export async function runTranscript(simulation: Simulation, print: Print): Promise<readonly string[]> {
  const { carrier, service } = simulation;
  const unexpected: string[] = [];
  for (const name of ["Ben", "Cleo"] as const) carrier.handset(PEOPLE[name], { carrier: RURAL_NETWORK });

  title("1. Eight people in six countries: which sender suits whom, and why");
  print(COLUMNS);
  await send("Ana", { body: "Hi Ana, your table is booked for Friday, 7 pm." }, { from: "12345" });
  await send("Ben", { body: "Hi Ben, your table is booked for Friday, 8 pm." }, { from: "+14155550100" });
  await send("Cleo", { body: "Hi Cleo, your table is booked for Friday, 9 pm." }, { from: "+12125550100" });
  await send("Dev", {
    body: "Dev, the “garden room” is yours – we’ve put you right by the window, as always…",
  });
  await send("Élodie", { body: "Bonjour Élodie, on vous attend à 19 h !" }, { from: "ACME" });
  const menu = { body: "Hallo Felix, die Karte:", mediaUrl: "https://acme.example/menu.jpg" };
  await send("Felix", menu, { from: "ACME" });
  await send("Mia", { body: "Happy birthday, Mia! 🎂 Dessert is on us." }, { from: "ACME" });
  const directions =
    "Hi Hana, your table is booked for Friday, 7 pm. We are on the second floor: take the stairs behind the " +
    "bookshop, or ring twice at the green door and we will send the lift down for you.";
  await send("Hana", { body: directions });

  title("2. Everybody keeps the sender they know");
  print(COLUMNS);
  const sticky = "sticky-sender";
  await send("Cleo", { body: "Cleo, we open at 6 today." }, { from: "+12125550100", rule: sticky });
  const photo = { body: "Your table, Ana:", mediaUrl: "https://acme.example/table.jpg" };
  await send("Ana", photo, { from: "12345", rule: sticky });

  title("3. Texts come in: the route in app.ts answers, and later sends come from the number they texted");
  await text(
    "Grace",
    "+447700900100",
    "Do you have a garden?",
    /^Thanks! You wrote: Do you have a garden\?$/,
  );
  await text("João", "whatsapp:+14155550101", "Mesa para dois?", /^Thanks! You wrote: Mesa para dois\?$/);
  print("");
  print(COLUMNS);
  const season = { body: "Grace, the garden opens in May." };
  await send("Grace", season, { from: "+447700900100", rule: sticky });
  await send("João", { body: "João, sua mesa está reservada." }, { from: "whatsapp:+14155550101" });

  title("4. HELP, STOP and START: the service answers them, and no route sees them");
  await text("Ana", "12345", "Can we come at 8 instead?", /^Thanks! You wrote: Can we/);
  await text("Ana", "12345", "HELP", /^Acme: .*help@acme\.example/);
  await text("Ana", "12345", "STOP", /^Acme: .*unsubscribed/);
  await sendRefused("Ana", "Ana, one more thing: bring an umbrella.");
  await optIn("Ana");
  print("");
  print(COLUMNS);
  await send("Ana", { body: "Welcome back, Ana." }, { from: "12345" });

  summarize();
  return unexpected;

  async function send(name: Name, content: Content, { from, rule }: Expected = {}): Promise<void> {
    const to = PEOPLE[name];
    // With a data folder an earlier run may have been broken off between STOP and START.
    if ((await service.consent.get(to)).status === "opted-out") await optIn(name);
    const delivered = await deliver(service, { to, ...content });
    print("");
    for (const line of formatDelivered(delivered, content.body ?? "", name)) print(line);
    const { message } = delivered;
    check(message.status === "delivered", `the message to ${name} is ${statusOf(message)}`);
    check(from === undefined || message.from === from, `it left by ${message.from}, not by ${from}`);
    check(rule === undefined || message.explanation?.rule === rule, `${rule} did not settle it`);
    check(received(name).includes(message.body), `it is not on ${name}'s phone`);
  }

  async function sendRefused(name: Name, body: string): Promise<void> {
    const before = received(name).length;
    try {
      const { sid } = await service.send({ to: PEOPLE[name], body });
      check(false, `${sid} was sent to ${name}, who opted out`);
    } catch (error) {
      if (!isMessagingError(error)) throw error;
      print(`  we    → ${name.padEnd(23)}"${body}"`);
      for (const line of formatRefusal(error)) print(line);
      check(error.twilioCode === 21610, `it was refused with ${error.code}`);
    }
    check(received(name).length === before, `something came to ${name}'s phone`);
  }

  async function optIn(name: Name): Promise<void> {
    simulation.turnClock(SECOND_THOUGHTS_MS);
    print("  (a minute later)");
    await text(name, "12345", "START", /^Acme: .*subscribed/);
    const { status } = await service.consent.get(PEOPLE[name]);
    check(status === "opted-in", `${name} is ${status}`);
  }

  async function text(name: Name, to: string, body: string, answer: RegExp): Promise<void> {
    const { replies } = await carrier.handset(PEOPLE[name]).text(to, body);
    const answered = replies.map((reply) => reply.body).join(" ");
    // It left in the webhook's answer, and its delivery is reported like any other's.
    const page = await service.messages({ to: PEOPLE[name], direction: "outbound-reply", limit: 1 });
    const reply = page[0] === undefined ? undefined : await finalMessage(service, page[0].sid);
    const status = reply?.body === answered ? statusOf(reply) : "no reply";
    for (const line of formatExchange(name, to, body, { body: answered, status })) print(line);
    check(answer.test(answered), `the answer to ${body}`);
    check(status === "delivered", `the reply to ${body}: ${status}`);
  }

  function received(name: Name): readonly string[] {
    return carrier.handset(PEOPLE[name]).inbox.map(({ body }) => body);
  }

  function check(holds: boolean, problem: string): void {
    if (holds) return;
    unexpected.push(problem);
    print(`      ! not as expected: ${problem}`);
  }

  function title(line: string): void {
    for (const each of ["", "", line, ""]) print(each);
  }

  function summarize(): void {
    const { messages } = carrier;
    const segments = messages.reduce((sum, { numSegments }) => sum + numSegments, 0);
    const callbacks = messages.flatMap((message) => message.callbacks);
    const refused = callbacks.filter(({ responseStatus = 200 }) => responseStatus !== 200).length;
    check(refused === 0, `${refused} status callbacks were refused`);
    title(
      unexpected.length === 0
        ? `All as expected: ${messages.length} messages in ${segments} segments, ${callbacks.length} status callbacks, all over HTTP.`
        : `${unexpected.length} not as expected: ${unexpected.join("; ")}.`,
    );
  }
}
