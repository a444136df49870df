import { describe, expect, it } from "vitest";
import { countSeptets, FOREIGN, isGsm7, JOINING, UNIT_CLASS } from "../../src/encoding/gsm7.ts";

const allUnits = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code));

describe("isGsm7", () => {
  it("knows 127 characters of one septet and 10 of two", () => {
    const costs = allUnits.map(countSeptets);
    expect(costs.filter((cost) => cost === 1)).toHaveLength(127);
    expect(allUnits.filter((_, code) => costs[code] === 2).join("")).toBe("\f[\\]^{|}~€");
    expect(costs.filter((cost) => cost === -1)).toHaveLength(0x10000 - 137);
  });

  it.each(["", "Hello", "@£¥ ÆØÅ ΔΩ ¿Ñ?", "€ {a} [b] ~ ^ | \\", "line\r\nbreak\f"])("takes %j", (body) => {
    expect(isGsm7(body)).toBe(true);
  });

  it.each(["ç", "`", "\t", "á", "ê", "’", "\u00a0", "я", "\u{1F600}", "\ud83d", "\u001b", "n\u0303"])(
    "refuses %j",
    (body) => {
      expect(isGsm7(`a${body}`)).toBe(false);
    },
  );

  it("has the capital Ç and not the small one, as 3GPP has it", () => {
    expect([isGsm7("Ç"), isGsm7("ç")]).toEqual([true, false]);
  });
});

describe("UNIT_CLASS", () => {
  it("calls nothing standalone that joins a neighbour into one grapheme cluster", () => {
    const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });
    const joining: string[] = [];
    for (let code = 0; code <= 0x1ffff; code += 1) {
      const character = String.fromCodePoint(code);
      if (UNIT_CLASS[character.charCodeAt(0)] === JOINING || code === 0xd83d || code === 0xd83e) continue;
      const text = `a${character}${character}a`;
      if ([...segmenter.segment(text)].length !== 4) joining.push(code.toString(16));
    }
    expect(joining).toEqual([]);
  });

  it("leaves flags, skin tones, joiners and marks to the segmenter", () => {
    for (const character of [
      "\u{1F1EB}",
      "\u{1F3FD}",
      "\u200d",
      "\u0301",
      "\ufe0f",
      "\u20e3",
      "\u094d",
      "\u1100",
    ])
      expect(UNIT_CLASS[character.charCodeAt(0)], character).toBe(JOINING);
    expect(UNIT_CLASS["\u{1F600}".charCodeAt(0)]).toBe(FOREIGN);
  });
});
