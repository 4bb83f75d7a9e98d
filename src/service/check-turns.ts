import { Turns } from "../lib/thread/thread-turns.ts";

const turns = new Turns();

/**
 * Before a document, or a large input, is checked: a hundredth to a tenth of a second in one go, and many may come at once.
 * Those of all tenants of this process go one after the other, and others are served between them.
 */
export const checkTurn = (): Promise<void> => turns.next();
