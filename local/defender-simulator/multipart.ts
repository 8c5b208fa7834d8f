/** One part of a multipart/form-data body (RFC 7578). */
export interface FormPart {
  readonly name: string;
  readonly fileName: string | null;
  readonly content: Uint8Array;
}

/** The parts in order, or null when the body is not what the content type says. */
export async function readForm(contentType: string, body: Uint8Array): Promise<FormPart[] | null> {
  if (!/^multipart\/form-data\b/i.test(contentType)) return null;
  const headers = { "content-type": contentType };
  const form = await new Response(body, { headers }).formData().catch(() => null);
  if (form === null) return null;
  return await Promise.all(
    [...form].map(async ([name, value]) =>
      typeof value === "string"
        ? { name, fileName: null, content: Buffer.from(value) }
        : { name, fileName: value.name, content: new Uint8Array(await value.arrayBuffer()) },
    ),
  );
}
