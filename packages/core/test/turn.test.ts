import { expect, it } from "vitest";
import { endOfTurn } from "../src/turn.ts";

it("ends a turn of the event loop for all who wait, after what the turn still does", async () => {
  const order: string[] = [];
  const first = endOfTurn().then(() => order.push("first"));
  const second = Promise.resolve()
    .then(() => order.push("work"))
    .then(endOfTurn)
    .then(() => order.push("second"));
  await Promise.all([first, second]);
  expect(order).toEqual(["work", "first", "second"]);
});

it("gives who comes later a turn of their own", async () => {
  const first = endOfTurn();
  expect(endOfTurn()).toBe(first);
  await first;
  expect(endOfTurn()).not.toBe(first);
});
