/** Others are served between two pieces of work. */
export const yieldTurn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));
