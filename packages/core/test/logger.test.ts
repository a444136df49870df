import { expect, it, vi } from "vitest";
import { stderrLogger } from "../src/logger.ts";

it("stderrLogger writes one line, whatever an answer of somebody else's had in it", () => {
  const written: string[] = [];
  const write = vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    written.push(String(text));
    return true;
  });
  try {
    stderrLogger.warn('The method is "a\r\n[messaging-service] error: b\u001b[2J\u2028".', { sid: "SM\n1" });
    stderrLogger.error("Ünïcode stays.");
    stderrLogger.info("is dropped");
  } finally {
    write.mockRestore();
  }
  expect(written).toEqual([
    String.raw`[messaging-service] warn: The method is "a\u000d\u000a[messaging-service] error: b\u001b[2J\u2028". {"sid":"SM\n1"}` +
      "\n",
    "[messaging-service] error: Ünïcode stays.\n",
  ]);
});
