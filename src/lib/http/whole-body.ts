/** The caller went away amid the body, or broke its framing: nobody's bug, and nothing was done. */
export class BrokenBody extends Error {
  override name = "BrokenBody";
}

/** What a caller is told, if there is still one. */
export const BROKEN_BODY = {
  status: 400,
  code: "incomplete_body",
  message: "The body of the request ended too early, or its chunks are malformed. Nothing was done: send it again.",
} as const;

/**
 * Every reading of a request's body goes through here: what fails in it is the connection.
 * @throws BrokenBody
 */
export async function wholeBody<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (cause) {
    throw new BrokenBody(BROKEN_BODY.message, { cause });
  }
}
