let turn: Promise<void> | undefined;

/**
 * The end of this turn of the event loop. Answers that are ready in one turn leave together: whoever reads them on the same machine, a
 * proxy most often, is woken once and not for each of them, and waking takes as long as a third of a request. One alone
 * waits for nothing.
 */
export function endOfTurn(): Promise<void> {
  turn ??= new Promise((resolve) => {
    setImmediate(() => {
      turn = undefined;
      resolve();
    });
  });
  return turn;
}
