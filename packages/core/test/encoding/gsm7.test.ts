import { describe, expect, it } from "vitest";
import { countSeptets, isGsm7 } from "../../src/encoding/gsm7.ts";

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

describe("countSeptets", () => {
  it("counts a text of any length as it counts its characters", () => {
    for (const length of [0, 1, 47, 48, 49, 160, 1_600, 4_095, 4_096, 4_097, 20_000]) {
      const body = "ab€[é".repeat(length).slice(0, length);
      const septets = [...body].reduce((sum, character) => sum + countSeptets(character), 0);
      expect(countSeptets(body), String(length)).toBe(septets);
    }
  });

  it("finds a foreign character wherever it is", () => {
    for (const length of [1, 23, 24, 25, 47, 48, 200, 4_095, 4_096, 5_000])
      for (const at of [0, length >> 1, length - 1]) {
        const body = `${"a".repeat(at)}\u2019${"a".repeat(length - 1 - at)}`;
        expect(countSeptets(body), `${at} of ${length}`).toBe(-1);
      }
  });
});
