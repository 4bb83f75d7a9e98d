import { yieldTurn } from "../../src/lib/thread/yield-turn.ts";

/**
 * Counts how often the thread was free for others while the work goes on.
 * @param work notes the count at each of its pieces
 */
export async function ticksOf(work: (note: () => void) => Promise<unknown>): Promise<number[]> {
  const noted: number[] = [];
  let tick = 0;
  let isOver = false;
  const counting = (async () => {
    for (; !isOver; await yieldTurn()) tick += 1;
  })();
  await work(() => noted.push(tick));
  isOver = true;
  await counting;
  return noted;
}
