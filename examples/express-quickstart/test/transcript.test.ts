import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Simulation, startSimulation } from "../src/simulated.ts";
import { runTranscript } from "../src/transcript.ts";

describe("the transcript", () => {
  let simulation: Simulation;
  let unexpected: readonly string[];
  const lines: string[] = [];
  const outbound = () => simulation.carrier.messages.filter(({ direction }) => direction === "outbound-api");
  /** The block of lines about the message to that person, the n-th one. */
  const about = (name: string, nth = 1): string => {
    const heads = lines.flatMap((line, index) => (line.slice(6).startsWith(`${name} `) ? [index] : []));
    const start = heads[nth - 1] ?? lines.length;
    const end = lines.indexOf("", start);
    return lines.slice(start, end).join("\n");
  };

  beforeAll(async () => {
    simulation = await startSimulation({ port: 0 });
    unexpected = await runTranscript(simulation, (line) => lines.push(line));
    await simulation.carrier.settled();
  });
  afterAll(() => simulation.close());

  it("goes as expected", () => {
    expect(unexpected).toEqual([]);
    expect(lines.join("\n")).toContain("All as expected: ");
  });

  it("sends over HTTP alone, and everything is delivered", () => {
    const { messages } = simulation.carrier;
    expect(new Set(messages.map(({ via }) => via))).toEqual(new Set(["http", "reply"]));
    expect(new Set(messages.map(({ status }) => status))).toEqual(new Set(["delivered"]));
    expect(messages.flatMap(({ callbacks }) => callbacks).every((each) => each.responseStatus === 200)).toBe(
      true,
    );
  });

  it("reaches at least six countries", () => {
    const countries = new Set(lines.flatMap((line) => /^ {2}([A-Z]{2}) {2}\S/.exec(line)?.[1] ?? []));
    expect([...countries].sort()).toEqual(["AU", "BR", "CA", "DE", "FR", "GB", "NZ", "US"]);
  });

  it("uses every sender of the pool", () => {
    const used = new Set(outbound().map(({ from }) => from));
    expect(used).toEqual(new Set(simulation.service.senders.list().map(({ id }) => id)));
  });

  it("says why: short code first, then the area code, an overlay of it, a sender ID, a US number", () => {
    expect(about("Ana")).toContain("A short code of the recipient's country comes first.");
    expect(about("Ben")).toContain("area-code-geomatch  Numbers with the recipient's area code come first.");
    expect(about("Cleo")).toContain("area-code-geomatch  No number has the recipient's area code;");
    expect(about("Élodie")).toContain("The recipient's country accepts sender IDs");
    expect(about("Hana")).toContain("so a US number is next.");
  });

  it("says that a recipient keeps their sender", () => {
    expect(about("Cleo", 2)).toContain("sticky-sender");
    expect(about("Grace")).toContain("+447700900100");
    expect(about("Grace")).toContain("sticky-sender");
  });

  it("says what Smart Encoding saved, which character cost, and how many segments it takes", () => {
    expect(about("Dev")).toMatch(/GSM-7, 1 segment .*delivered/);
    expect(about("Dev")).toContain("Smart Encoding replaced “ ” – ’ …: else UCS-2, 2 segments.");
    expect(about("Mia")).toContain("🎂 made it UCS-2");
    expect(about("Hana")).toContain("GSM-7, 2 segments");
  });

  it("makes an SMS with a link of a picture where MMS does not reach, and the link leads to it", async () => {
    const link = /http:\S+(?=")/.exec(about("Felix"))?.[0] ?? "";
    const response = await fetch(link, { redirect: "manual" });
    expect(response.headers.get("location")).toBe("https://acme.example/menu.jpg");
  });

  it("sends a picture as MMS where MMS reaches", () => {
    expect(about("Ana", 2)).toMatch(/MMS +delivered/);
  });

  it("shows the refusal with its number and the remedy", () => {
    const text = lines.join("\n");
    expect(text).toContain("OPTED_OUT 21610: +12135550123 opted out.");
    expect(text).toContain("text START");
    expect(about("Ana", 3)).toContain("Welcome back");
  });

  it("fits into 110 columns", () => {
    expect(lines.filter((line) => line.length > 110)).toEqual([]);
  });
});

describe("a transcript that does not go as expected", () => {
  it("says what went wrong", async () => {
    const simulation = await startSimulation({ port: 0 });
    simulation.carrier.outcome({ match: { to: "+61491570156" }, undelivered: 30005 });
    const lines: string[] = [];
    const unexpected = await runTranscript(simulation, (line) => lines.push(line));
    await simulation.close();
    expect(unexpected).toEqual(["the message to Mia is undelivered 30005", "it is not on Mia's phone"]);
    expect(lines.join("\n")).toContain("2 not as expected: the message to Mia is undelivered 30005;");
  });
});
