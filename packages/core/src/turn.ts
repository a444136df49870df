/** The platform's own, as it was at the start: a test that turns its timers by hand is answered all the same. */
const { setImmediate: atEnd } = globalThis;

let turn: Promise<void> | undefined;

/**
 * The end of this turn of the event loop. Answers that are ready in one turn leave together: whoever reads them on the same machine, a
 * proxy most often, is woken once and not for each of them, and waking takes as long as a third of a request. One alone
 * waits for nothing.
 */
export function endOfTurn(): Promise<void> {
  turn ??= new Promise((resolve) => {
    atEnd(() => {
      turn = undefined;
      resolve();
    });
  });
  return turn;
}

/** Resolves when what waits for the end of this turn has gone on, and has written what it had to. */
export async function answersLeft(): Promise<void> {
  await endOfTurn();
  await endOfTurn();
}
