import { describe, expect, it } from "vitest";
import { createLinks, LINK_MS, type LinkDocument, type Links } from "../../src/records/links.ts";
import { createRecordsWorld } from "../support/records.ts";

const DAY = 86_400_000;
const TARGET = { to: "+447911123457", mediaUrl: ["https://a.example/b.png"] };

/** A repository that counts the keys it reads. */
function createWorld() {
  const { store, keys, turn, now } = createRecordsWorld();
  const seen = { reads: 0, keys: 0 };
  const counting = {
    ...store,
    getMany(wanted: readonly string[]) {
      seen.reads += 1;
      seen.keys += wanted.length;
      return store.getMany(wanted);
    },
  };
  const links = createLinks(counting, keys, "secret");
  const documentOf = (sid: string): LinkDocument => ({
    ...TARGET,
    sid,
    service: "MG1",
    from: "+447911123456",
    createdAt: now(),
    expiresAt: now() + LINK_MS,
  });
  /** Gives a message the next link, and says which it is. */
  const take = async (sid: string): Promise<string> => {
    const first = await store.get(keys.link(links.code(TARGET, 0)));
    const code = await links.next(TARGET, first, sid);
    expect(await links.claim(code, documentOf(sid))).toBe(true);
    return code;
  };
  return { links, store, keys, turn, seen, documentOf, take };
}

describe("the code of a link", () => {
  it("is seven characters of 0-9 and a-z, by recipient, media and count", () => {
    const { links } = createWorld();
    const codes = [
      links.code(TARGET, 0),
      links.code(TARGET, 1),
      links.code({ ...TARGET, to: "+447911123458" }, 0),
      links.code({ ...TARGET, mediaUrl: ["https://a.example/c.png"] }, 0),
      links.code({ ...TARGET, mediaUrl: [...TARGET.mediaUrl, "https://a.example/c.png"] }, 0),
    ];
    for (const code of codes) expect(code).toMatch(/^[0-9a-z]{7}$/);
    expect(new Set(codes).size).toBe(codes.length);
    expect(links.code(TARGET, 0)).toBe(codes[0]);
  });

  it("cannot be told without the secret", () => {
    const { store, keys, links } = createWorld();
    expect(createLinks(store, keys, "another").code(TARGET, 0)).not.toBe(links.code(TARGET, 0));
  });

  it("is another for every message, and the same for one that asks again", async () => {
    const { take } = createWorld();
    const first = await take("SM1");
    const second = await take("SM2");
    expect(second).not.toBe(first);
    expect(await take("SM1")).toBe(first);
  });

  it("is found in few reads however many there are", async () => {
    const { links, take, seen } = createWorld();
    const codes = new Set<string>();
    for (let n = 0; n < 300; n++) codes.add(await take(`SM${n}`));
    expect(codes).toEqual(new Set(Array.from({ length: 300 }, (_, salt) => links.code(TARGET, salt))));
    expect(seen.reads / 300).toBeLessThan(4);
    expect(seen.keys / 300).toBeLessThan(50);
  });
});

describe("a link", () => {
  it("is never written over by another message", async () => {
    const { links, documentOf } = createWorld();
    const code = links.code(TARGET, 0);
    expect(await links.claim(code, documentOf("SM1"))).toBe(true);
    expect(await links.claim(code, { ...documentOf("SM2"), mediaUrl: ["https://evil.example"] })).toBe(false);
    expect(await links.get(code)).toEqual(documentOf("SM1"));
  });

  it("is claimed again by its own message, whose answer was lost", async () => {
    const { links, documentOf } = createWorld();
    const code = links.code(TARGET, 0);
    await links.claim(code, documentOf("SM1"));
    expect(await links.claim(code, documentOf("SM1"))).toBe(true);
  });

  it("is known for 90 days after its year", async () => {
    const { links, documentOf, turn } = createWorld();
    const code = links.code(TARGET, 0);
    await links.claim(code, documentOf("SM1"));
    turn(365 * DAY + 90 * DAY - 1);
    expect((await links.get(code))?.sid).toBe("SM1");
    turn(1);
    expect(await links.get(code)).toBeUndefined();
  });

  it.each(["", "../config", "ABCDEFG", "abcdefgh", "abc:def"])("is not looked up under %j", async (code) => {
    const { keys, store } = createWorld();
    const links: Links = createLinks(
      { ...store, get: () => Promise.reject(new Error("looked up")) },
      keys,
      "secret",
    );
    expect(await links.get(code)).toBeUndefined();
  });
});
