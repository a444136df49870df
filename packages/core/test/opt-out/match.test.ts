import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type OptOutOptions, resolveOptOut } from "../../src/opt-out/keywords.ts";
import { createKeywordMatcher, matchKeyword } from "../../src/opt-out/match.ts";
import { normalizeKeyword } from "../../src/opt-out/normalize.ts";
import { countryPack, languagePack, PACK_COUNTRIES, PACK_LANGUAGES } from "../../src/opt-out/packs/packs.ts";

const EVERYTHING = Object.freeze({
  languages: Object.fromEntries(PACK_LANGUAGES.map((language) => [language, true as const])),
});
const all = createKeywordMatcher(resolveOptOut(EVERYTHING));
const packs = PACK_LANGUAGES.map((language) => languagePack(language)).filter((pack) => pack !== undefined);
const everyWord = packs.flatMap((pack) => pack.words.map((word) => ({ ...word, language: pack.language })));

describe("matchKeyword with the defaults", () => {
  it.each([
    "STOP",
    "STOPALL",
    "UNSUBSCRIBE",
    "CANCEL",
    "END",
    "QUIT",
    "REVOKE",
    "OPTOUT",
    "opt out",
    "Opt-Out",
  ])("reads %s as an opt-out", (word) => {
    expect(matchKeyword(word)).toMatchObject({ optOutType: "STOP", language: "en", onlyWhenOptedOut: false });
  });

  it.each(["START", "UNSTOP"])("reads %s as an opt-in", (word) => {
    expect(matchKeyword(word)).toMatchObject({ optOutType: "START", onlyWhenOptedOut: false });
  });

  it("reads YES as an opt-in for those who are opted out only", () => {
    expect(matchKeyword("yes")).toMatchObject({
      optOutType: "START",
      keyword: "YES",
      onlyWhenOptedOut: true,
    });
  });

  it.each(["HELP", "INFO"])("reads %s as a call for help", (word) => {
    expect(matchKeyword(word)).toMatchObject({ optOutType: "HELP", country: undefined });
  });

  it.each([
    "STOP PLEASE",
    "please stop",
    "STOP 12345",
    "stop stop",
    "S T O P",
    "🛑",
    "",
    "   ",
    "ARRET",
    "BAJA",
    "I will stop by",
    "constructor",
    "__proto__",
  ])("leaves %j to the application", (body) => {
    expect(matchKeyword(body)).toBeUndefined();
  });

  it("answers a Canadian in the language of the word", () => {
    expect(matchKeyword("ARRÊT", { country: "CA" })).toMatchObject({
      optOutType: "STOP",
      keyword: "ARRET",
      language: "fr",
      country: "CA",
      answerNonSubscribers: true,
    });
    expect(matchKeyword("stop", { country: "CA" })).toMatchObject({ language: "en", country: "CA" });
    expect(matchKeyword("aide", { country: "CA" })).toMatchObject({ optOutType: "HELP", language: "fr" });
  });

  it("answers INFO in Canada in both languages", () => {
    const reply = matchKeyword("INFO", { country: "CA" })?.reply ?? "";
    expect(reply).toContain("STOP to end");
    expect(reply).toContain("ARRET pour terminer");
  });

  it("falls through to the standard words in Canada", () => {
    expect(matchKeyword("unsubscribe", { country: "CA" })).toMatchObject({
      country: undefined,
      language: "en",
    });
  });

  it("gives frozen matches, the same object each time", () => {
    const match = matchKeyword("stop");
    expect(Object.isFrozen(match)).toBe(true);
    expect(matchKeyword(" STOP! ")).toBe(match);
  });
});

describe("the three layers", () => {
  const optOut = {
    brand: "Acme",
    languages: { es: { pack: false, stop: ["BAJA", "CANCELAR"], help: ["AYUDA"] }, pt: true },
    countries: {
      MX: {
        languages: {
          es: { stop: ["BAJA"], replies: { stop: "{brand}: Baja en Mexico. START para volver." } },
        },
      },
    },
  } as const;

  it("looks in the country's set first", () => {
    expect(matchKeyword("baja", { country: "MX", optOut })).toMatchObject({
      country: "MX",
      reply: "Acme: Baja en Mexico. START para volver.",
    });
    expect(matchKeyword("baja", { country: "AR", optOut })).toMatchObject({
      country: undefined,
      language: "es",
    });
  });

  it("falls through from the country's set to the others", () => {
    expect(matchKeyword("ayuda", { country: "MX", optOut })).toMatchObject({ optOutType: "HELP" });
    expect(matchKeyword("quit", { country: "MX", optOut })).toMatchObject({ optOutType: "STOP" });
  });

  it("stays in the country's set without countryFallback, but for the reserved words", () => {
    const strict = { ...optOut, countryFallback: false };
    expect(matchKeyword("baja", { country: "MX", optOut: strict })).toBeDefined();
    expect(matchKeyword("quit", { country: "MX", optOut: strict })).toBeUndefined();
    for (const word of ["stop", "start", "unstop", "help"]) {
      expect(matchKeyword(word, { country: "MX", optOut: strict })).toBeDefined();
    }
    expect(matchKeyword("quit", { country: "US", optOut: strict })).toBeDefined();
  });

  it("answers a word that two languages share in the language of the country, with countryFallback or without", () => {
    const shared: OptOutOptions = {
      languages: { es: true, pt: true },
      countries: { MX: { languages: { es: { stop: ["BASTA"] } } } },
      countryFallback: false,
    };
    expect(matchKeyword("cancelar", { country: "BR", optOut: shared })?.language).toBe("pt");
    expect(matchKeyword("cancelar", { country: "AR", optOut: shared })?.language).toBe("es");
    expect(matchKeyword("cancelar", { country: "MX", optOut: shared })).toBeUndefined();
    expect(matchKeyword("cancelar", { country: "BR", optOut })?.language).toBe("pt");
    expect(matchKeyword("cancelar", { country: "MX", optOut })?.language).toBe("es");
    expect(matchKeyword("cancelar", { optOut })?.language).toBe("es");
  });

  it("answers a standard word in the language whose set repeats it", () => {
    const options = { languages: { es: { stop: ["STOP"], replies: { stop: "Baja. START para volver." } } } };
    expect(matchKeyword("stop", { optOut: options })).toMatchObject({
      language: "es",
      reply: "Baja. START para volver.",
    });
    expect(matchKeyword("quit", { optOut: options })?.language).toBe("en");
  });

  it("lets a country give a removable word another meaning", () => {
    const options = { countries: { FR: { languages: { fr: { start: ["END"] } } } } };
    expect(matchKeyword("end", { country: "FR", optOut: options })?.optOutType).toBe("START");
    expect(matchKeyword("end", { country: "US", optOut: options })?.optOutType).toBe("STOP");
  });

  it("matches nothing when opt-out handling is off", () => {
    expect(matchKeyword("stop", { optOut: { enabled: false } })).toBeUndefined();
  });

  it("leaves a removed word to the application", () => {
    const options = { keywords: { remove: ["cancel", "YES"], stop: ["BASTA YA"] } };
    expect(matchKeyword("CANCEL", { optOut: options })).toBeUndefined();
    expect(matchKeyword("yes", { optOut: options })).toBeUndefined();
    expect(matchKeyword("basta  ya!", { optOut: options })?.keyword).toBe("BASTA YA");
  });

  it("counts the words of all layers", () => {
    const stop = Array.from({ length: 10_000 }, (_, index) => `WORD${index}`);
    const matcher = createKeywordMatcher(resolveOptOut({ keywords: { stop }, countries: { CA: false } }));
    expect(matcher.words).toBe(10_014);
    expect(matcher.match("word9999", undefined)?.keyword).toBe("WORD9999");
  });
});

describe("with every pack on", () => {
  it("resolves without a word of two types", () => {
    expect(all.words).toBeGreaterThan(100);
  });

  it("has no word with two types across packs", () => {
    const types = new Map<string, string>();
    const words = [
      ...everyWord,
      ...PACK_COUNTRIES.flatMap((c) => countryPack(c)?.sets.flatMap((s) => s.words) ?? []),
    ];
    for (const { word, optOutType } of words) {
      const key = normalizeKeyword(word);
      expect([word, types.get(key) ?? optOutType]).toEqual([word, optOutType]);
      types.set(key, optOutType);
    }
  });

  it("leaves the standard words in English", () => {
    for (const word of ["stop", "cancel", "start", "yes", "help", "info"]) {
      expect(all.match(word, "MX")?.language).toBe("en");
    }
  });

  it("gives every word to its own language at home", () => {
    for (const { word, language, optOutType } of everyWord) {
      const home = languagePack(language)?.countries[0];
      const match = all.match(word, home);
      expect([word, match?.language, match?.optOutType]).toEqual([word, language, optOutType]);
    }
  });

  const noise = fc.record({
    before: fc.stringMatching(/^[ \t\n.,!?"'«»“”()*_¡¿~-]{0,6}$/),
    after: fc.constantFrom(
      "",
      ".",
      "!!!",
      "…",
      "。",
      "！",
      "؟",
      "👍",
      " 🙏🏽",
      "❤️",
      " \u200d",
      "\ufe0f",
      "»",
      "\u3000",
      ")",
    ),
    invisible: fc.constantFrom("", "\u200b", "\u200d", "\u2060", "\u00ad", "\ufeff", "\u200e"),
    form: fc.constantFrom("NFC", "NFD", "NFKC", "NFKD"),
    upper: fc.boolean(),
    space: fc.constantFrom(" ", "  ", "\u00a0", "\u2009 ", "\u3000"),
  });

  it("recognizes every word through case, punctuation, spacing and invisible characters", () => {
    fc.assert(
      fc.property(fc.constantFrom(...everyWord), noise, ({ word, optOutType }, n) => {
        const cased = n.upper ? word.toUpperCase() : word.toLowerCase();
        const spaced = [...cased.replaceAll(" ", n.space)].join(n.invisible);
        const body = `${n.before}${spaced}${n.after}`.normalize(n.form);
        expect(all.match(body, undefined)?.optOutType).toBe(optOutType);
      }),
      { numRuns: 3000 },
    );
  });

  it("recognizes every Latin and Greek word with and without diacritics", () => {
    const words = everyWord.filter(({ word }) => /^[\p{Script=Latin}\p{Script=Greek} ]+$/u.test(word));
    for (const { word, optOutType } of words) {
      const bare = word.normalize("NFD").replace(/\p{M}/gu, "");
      const dotted = [...bare].join("\u0301");
      expect(all.match(bare, undefined)?.optOutType).toBe(optOutType);
      expect(all.match(dotted, undefined)?.optOutType).toBe(optOutType);
    }
  });

  it("never throws, and reads every form of a text alike", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 60 }),
        fc.constantFrom(undefined, "CA", "BR", "??"),
        (text, country) => {
          const match = all.match(text, country);
          expect(all.match(normalizeKeyword(text), country)).toBe(match);
          for (const form of ["NFC", "NFD", "NFKC"] as const)
            expect(all.match(text.normalize(form), country)).toBe(match);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("does not throw on lone surrogates", () => {
    expect(all.match("\ud800stop\udc00", undefined)?.optOutType).toBe("STOP");
  });
});
