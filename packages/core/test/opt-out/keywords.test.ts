import { describe, expect, it } from "vitest";
import { isMessagingError, type MessagingError } from "../../src/errors.ts";
import { type OptOutOptions, resolveOptOut } from "../../src/opt-out/keywords.ts";
import { matchKeyword } from "../../src/opt-out/match.ts";

function refusal(options: unknown): MessagingError {
  try {
    resolveOptOut(options as OptOutOptions);
  } catch (error) {
    if (isMessagingError(error)) return error;
    throw error;
  }
  throw new Error("It was accepted.");
}

describe("resolveOptOut", () => {
  it("has every default", () => {
    expect(resolveOptOut(undefined)).toMatchObject({
      enabled: true,
      brand: undefined,
      countryFallback: true,
      helpWhenOptedOut: false,
      startWhenNotOptedOut: "confirm",
      onRepeatedStop: "silent",
      scope: "service",
      repliesPerHour: 5,
      stopWinsMs: 10_000,
      exemptCategories: [],
      languages: [],
    });
  });

  it("freezes everything", () => {
    const resolved = resolveOptOut({ languages: { es: true } });
    expect(Object.isFrozen(resolved)).toBe(true);
    expect(Object.isFrozen(resolved.standard.words[0])).toBe(true);
    expect(Object.isFrozen(resolved.languages[0]?.words)).toBe(true);
    expect(Object.isFrozen(resolved.countries)).toBe(true);
  });

  it("has Canada's set unless it is left out", () => {
    expect(resolveOptOut({}).countries.map((set) => `${set.country} ${set.language}`)).toEqual([
      "CA en",
      "CA fr",
    ]);
    expect(resolveOptOut({ countries: { CA: false } }).countries).toEqual([]);
    const english = resolveOptOut({ countries: { CA: { languages: { fr: false } } } });
    expect(english.countries.map((set) => set.language)).toEqual(["en"]);
  });

  it("adds to a pack, or starts without it", () => {
    const added = { languages: { es: { stop: ["NO MAS"] } } };
    expect(matchKeyword("no más", { optOut: added })?.language).toBe("es");
    expect(matchKeyword("detener", { optOut: added })?.language).toBe("es");
    const alone = { languages: { es: { pack: false, stop: ["NO MAS"] } } };
    expect(matchKeyword("detener", { optOut: alone })).toBeUndefined();
  });

  it("takes a language's pack into a country", () => {
    const optOut = { countries: { MX: { languages: { es: true as const } } } };
    expect(matchKeyword("ayuda", { country: "MX", optOut })?.country).toBe("MX");
    expect(matchKeyword("ayuda", { country: "AR", optOut })).toBeUndefined();
  });

  it("finds the pack of a regional language, and Norwegian's by either name", () => {
    expect(matchKeyword("ajuda", { optOut: { languages: { "pt-BR": true } } })?.language).toBe("pt-BR");
    expect(matchKeyword("hjelp", { optOut: { languages: { nb: true } } })?.language).toBe("nb");
  });

  it("answers Canadians with the texts you wrote for English and French", () => {
    const optOut = {
      keywords: { replies: { stop: "Mine. START to return." } },
      languages: { fr: { replies: { stop: "Le mien. START pour revenir." } } },
    };
    expect(matchKeyword("stop", { country: "CA", optOut })?.reply).toBe("Mine. START to return.");
    expect(matchKeyword("arret", { country: "CA", optOut })?.reply).toBe("Le mien. START pour revenir.");
    expect(matchKeyword("help", { country: "CA", optOut })?.reply).toContain("Std msg&data");
  });

  it("gives a word its own reply and flag", () => {
    const optOut = {
      keywords: { start: [{ word: "OK", onlyWhenOptedOut: true, reply: "Welcome back. STOP ends." }] },
    };
    expect(matchKeyword("ok", { optOut })).toMatchObject({
      onlyWhenOptedOut: true,
      reply: "Welcome back. STOP ends.",
    });
  });

  it("lets you repeat a default under its own type", () => {
    expect(matchKeyword("stop", { optOut: { keywords: { stop: ["STOP", "BASTA"] } } })?.optOutType).toBe(
      "STOP",
    );
  });

  it("answers nobody beyond Canada who is opted out", () => {
    const optOut = { countries: { FR: { answerNonSubscribers: true, languages: { fr: true as const } } } };
    expect(matchKeyword("arret", { country: "FR", optOut })?.answerNonSubscribers).toBe(true);
    expect(matchKeyword("stop", { country: "US", optOut })?.answerNonSubscribers).toBe(false);
  });
});

describe("resolveOptOut refuses, naming what is wrong,", () => {
  it.each<[string, unknown, string[]]>([
    [
      "a word twice in one country",
      { countries: { MX: { languages: { es: { stop: ["ALTO"] }, en: { stop: ["alto!"] } } } } },
      ["alto!", "country MX", "language es", "language en", "STOP"],
    ],
    [
      "a word of two types across a country's languages",
      { countries: { MX: { languages: { es: { stop: ["FIN"] }, en: { help: ["FIN"] } } } } },
      ["FIN", "country MX", "STOP", "HELP"],
    ],
    [
      "a word twice in one list",
      { keywords: { stop: ["BASTA", "basta"] } },
      ["basta", "STOP", "language en"],
    ],
    [
      "a word of two types in one set",
      { languages: { es: { stop: ["X1"], help: ["x1"] } } },
      ["x1", "language es"],
    ],
    [
      "a standard word of another type",
      { keywords: { help: ["CANCEL"] } },
      ["CANCEL", "STOP", "HELP", "remove"],
    ],
    [
      "a language's word against a standard one",
      { languages: { es: { help: ["END"] } } },
      ["END", "language es"],
    ],
    [
      "a reserved word of another type",
      { countries: { FR: { languages: { fr: { help: ["STOP"] } } } } },
      ["STOP", "FR"],
    ],
    ["a reserved word removed", { keywords: { remove: ["Stop"] } }, ["Stop", "reserved"]],
    [
      "a reserved word removed in Canada",
      { countries: { CA: { languages: { en: { remove: ["HELP"] } } } } },
      ["HELP", "CA"],
    ],
    ["a removal of nothing", { keywords: { remove: ["CANCLE"] } }, ["CANCLE", "not there"]],
    ["a word over 34 characters", { keywords: { stop: ["A".repeat(35)] } }, ["AAAA", "35", "34"]],
    ["a word that cannot match", { languages: { fr: { stop: ["🛑"] } } }, ["🛑", "language fr"]],
    ["an empty word", { keywords: { stop: [""] } }, ["language en"]],
    ["a word that is no text", { keywords: { stop: [7] } }, ["7"]],
    ["a list that is none", { keywords: { stop: "STOP" } }, ["stop", "list"]],
    [
      "a reply over 320 characters",
      { keywords: { replies: { stop: "x".repeat(321) } } },
      ["321", "320", "language en"],
    ],
    ["a reply over 320 characters once filled", { brand: "B".repeat(300), languages: { es: true } }, ["320"]],
    ["an empty reply", { languages: { es: { replies: { help: " " } } } }, ["HELP", "language es"]],
    ["a set without words", { languages: { zu: {} } }, ["language zu"]],
    ["a country without languages", { countries: { MX: {} } }, ["country MX"]],
    ["a pack that does not exist", { languages: { zu: true } }, ["language zu"]],
    ["a country pack that does not exist", { countries: { MX: true } }, ["country MX", "CA"]],
    ["an unknown language", { languages: { xx: { stop: ["A1"] } } }, ["xx"]],
    ["a malformed language", { languages: { es_MX: true } }, ["es_MX"]],
    ["a language in the wrong case", { languages: { ES: true } }, ["ES", "es"]],
    ["an unknown country", { countries: { XX: true } }, ["XX"]],
    ["a country in lower case", { countries: { ca: true } }, ["ca"]],
    [
      "an opt-out that waits for an opt-out",
      { keywords: { stop: [{ word: "OUT", onlyWhenOptedOut: true }] } },
      ["OUT"],
    ],
  ])("%s", (_what, options, parts) => {
    const error = refusal(options);
    expect(error.code).toBe("INVALID_KEYWORD");
    for (const part of parts) expect(error.message).toContain(part);
  });

  it("an unknown option, with the nearest one", () => {
    const error = refusal({ onRepeatStop: "silent" });
    expect(error.code).toBe("UNKNOWN_OPTION");
    expect(error.message).toContain("onRepeatedStop");
  });

  it.each([
    { scope: "tenant" },
    { repliesPerHour: -1 },
    { repliesPerHour: 1.5 },
    { stopWinsMs: -1 },
    { enabled: "yes" },
    { brand: " " },
    { exemptCategories: "transactional" },
    { languages: [] },
    { keywords: null },
    "STOP",
  ])("%j", (options) => {
    expect(refusal(options).code).toBe("INVALID_OPTION");
  });

  it("a Map of languages, whose words would be lost", () => {
    expect(refusal({ languages: new Map([["es", true]]) })).toMatchObject({
      code: "INVALID_OPTION",
      message: expect.stringContaining("optOut.languages must be an object") as string,
    });
  });

  it("takes 0 replies an hour for what it says", () => {
    expect(resolveOptOut({ repliesPerHour: 0 }).repliesPerHour).toBe(0);
  });
});
