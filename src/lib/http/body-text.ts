/** How many bytes of a body are read. */
export interface BodyBounds {
  /** Of every body. */
  most: number;
  /** Of one that begins in such a way that it may be longer. */
  longest: number;
  mayBeLong: (beginning: string) => boolean;
}

/**
 * The body as text; undefined when it is larger than its bound, of which no more is read then. A declared length is one
 * that the runtime holds the caller to.
 */
export async function bodyText(request: Request, bounds: BodyBounds): Promise<string | undefined> {
  const declared = request.headers.get("content-length");
  if (declared !== null && Number(declared) <= bounds.most) return request.text();
  if (declared !== null && Number(declared) > bounds.longest) return undefined;
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  let bound = bounds.most;
  for await (const chunk of request.body ?? []) {
    bytes += chunk.byteLength;
    text += decoder.decode(chunk, { stream: true });
    if (bytes > bound && bounds.mayBeLong(text)) bound = bounds.longest;
    if (bytes > bound) return undefined;
  }
  return text + decoder.decode();
}
