import { Turns } from "../lib/thread/thread-turns.ts";

const turns = new Turns();

/**
 * Before a document, or a large input, is checked: a hundredth to a tenth of a second in one go, and many may come at once.
 * Those of this process go one after the other, each tenant's in turn, and others are served between them.
 */
export const checkTurn = ({ tenant }: { tenant: string }): Promise<void> => turns.next(tenant);
