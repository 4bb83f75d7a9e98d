/** Node and the Workers runtime both have it, but not both have its type. */
const { process } = globalThis as unknown as { process: { env: Record<string, string | undefined> } };

/** A number from the environment, such as how long a harness runs. vitest.config.ts lists what workerd may see. */
export const setting = (name: string, fallback: number): number => Number(process.env[name] ?? fallback);
