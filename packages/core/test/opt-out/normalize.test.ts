import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { keywordKey, normalizeKeyword } from "../../src/opt-out/normalize.ts";

const unicode = fc.string({ unit: "binary", maxLength: 40 });

describe("normalizeKeyword", () => {
  it.each([
    ["Stop.", "stop"],
    ["  stop!! ", "stop"],
    ["«STOP»", "stop"],
    ["“stop”", "stop"],
    ["¡stop!", "stop"],
    ["ＳＴＯＰ", "stop"],
    ["𝐒𝐓𝐎𝐏", "stop"],
    ["🆂🆃🅾🅿", "stop"],
    ["🆂🆃🅾️🅿️!", "stop"],
    ["🅢🅣🅞🅟", "stop"],
    ["🛑 🆄🅽🆂🆄🅱🆂🅲🆁🅸🅱🅴 🛑", "unsubscribe"],
    ["stop 🅿️", "stop"],
    ["stop👍", "stop"],
    ["🛑 Stop 🛑", "stop"],
    ["stop👍🏽", "stop"],
    ["👩‍💻stop", "stop"],
    ["stop❤️", "stop"],
    ["🇨🇦 stop", "stop"],
    ["S\u200bT\u200cO\u2060P\ufeff", "stop"],
    ["s\u00adtop", "stop"],
    ["\u202astop\u202c", "stop"],
    ["STOP\ufe0f", "stop"],
    ["\r\n\tstop\u0000", "stop"],
    ["opt\u00a0\u2003 out", "opt out"],
    ["OPT-OUT", "opt out"],
    ["opt‑out", "opt out"],
    ["opt – out", "opt out"],
    ["opt_out", "opt out"],
  ])("takes the decoration off %j", (text, key) => {
    expect(normalizeKeyword(text)).toBe(key);
  });

  it.each([
    ["ARRÊT", "arret"],
    ["arre\u0302t", "arret"],
    ["HJÄLP", "hjalp"],
    ["WYŁĄCZ", "wylacz"],
    ["HJÆLP", "hjaelp"],
    ["STRAẞE", "strasse"],
    ["straße", "strasse"],
    ["LÕPETA", "lopeta"],
    ["İPTAL", "iptal"],
    ["ıptal", "iptal"],
    ["iptal", "iptal"],
    ["ΔΙΑΚΟΠΉ", "διακοπη"],
    ["ΤΈΛΟΣ", "τελοσ"],
    ["τέλος", "τελοσ"],
    ["Ещё", "еще"],
  ])("folds the case and diacritics of %j", (text, key) => {
    expect(normalizeKeyword(text)).toBe(key);
  });

  it.each([
    ["й", "и"],
    ["ї", "і"],
    ["が", "か"],
    ["कि", "क"],
    ["की", "कि"],
    ["রা", "র"],
    ["நி", "ந"],
    ["กี", "ก"],
    ["각", "가"],
  ])("keeps the sign that makes %j another letter than %j", (one, other) => {
    expect(normalizeKeyword(one)).not.toBe(normalizeKeyword(other));
    expect(normalizeKeyword(one.normalize("NFD"))).toBe(normalizeKeyword(one));
  });

  it.each([
    ["إيقاف", "ايقاف"],
    ["مُسَاعَدَة", "مساعده"],
    ["إلـــغاء", "الغاء"],
    ["הָסֵר", "הסר"],
    ["ｽﾄｯﾌﾟ", "ストップ"],
    ["退订。", "退订"],
    ["बंद  करें!", "बंद करें"],
  ])("reads %j in its own script", (text, plain) => {
    expect(normalizeKeyword(text)).toBe(normalizeKeyword(plain));
  });

  it.each(["", " ", "🛑", "👍🏽", "...", "\u200b", "\u0301", "¿?"])("finds no word in %j", (text) => {
    expect(normalizeKeyword(text)).toBe("");
  });

  it.each(["STOP PLEASE", "STOP 12345", "please stop", "S T O P", "s.t.o.p", "st👍op"])(
    "does not make a keyword of %j",
    (text) => {
      expect(normalizeKeyword(text)).not.toBe("stop");
    },
  );

  it("changes nothing the second time, whatever the text", () => {
    fc.assert(
      fc.property(unicode, (text) => {
        const once = normalizeKeyword(text);
        expect(normalizeKeyword(once)).toBe(once);
      }),
      { numRuns: 3000 },
    );
  });

  it("is the same for every normalization form of a text", () => {
    fc.assert(
      fc.property(unicode, (text) => {
        const key = normalizeKeyword(text);
        for (const form of ["NFC", "NFD", "NFKC", "NFKD"] as const) {
          expect(normalizeKeyword(text.normalize(form))).toBe(key);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it("treats every single code point alike in all forms and passes", () => {
    const wrong: string[] = [];
    for (let code = 0; code <= 0x10ffff; code += 1) {
      if (code >= 0xac00 && code <= 0xd7a3 && code % 97 !== 0) continue;
      if ((code >= 0x4e00 && code <= 0x9fff) || (code >= 0x20000 && code <= 0x323af)) continue;
      if (code >= 0xe000 && code <= 0xf8ff) continue;
      if (code >= 0xf0000) break;
      const letter = String.fromCodePoint(code);
      const key = normalizeKeyword(letter);
      const stable =
        normalizeKeyword(key) === key &&
        normalizeKeyword(letter.normalize("NFD")) === key &&
        normalizeKeyword(letter.normalize("NFKC")) === key;
      if (!stable) wrong.push(code.toString(16));
    }
    expect(wrong).toEqual([]);
  });

  it("reads ASCII the same on the fast path as on the slow one", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary-ascii", maxLength: 40 }), (text) => {
        const middle = Math.floor(text.length / 2);
        expect(normalizeKeyword(`${text.slice(0, middle)}\u200b${text.slice(middle)}`)).toBe(
          normalizeKeyword(text),
        );
      }),
      { numRuns: 2000 },
    );
  });
});

describe("keywordKey", () => {
  it("gives up on a text that is longer than the limit", () => {
    expect(keywordKey("a".repeat(101), 100)).toBe("");
    expect(keywordKey("a".repeat(100), 100)).toBe("a".repeat(100));
  });

  it.each(["\n", "!", "🛑", "❤️", "👍🏽", "\u00a0", "\u200b", "。"])(
    "does not count decoration at the ends, as %j",
    (decoration) => {
      const much = decoration.repeat(300);
      expect(keywordKey(`${much}stop${much}`, 100)).toBe("stop");
      expect(keywordKey(`${much}𝐬top ${much}`, 100)).toBe("stop");
      expect(keywordKey(`${much}बंद करें${much}`, 100)).toBe(normalizeKeyword("बंद करें"));
      expect(keywordKey(much, 100)).toBe("");
    },
  );
});
