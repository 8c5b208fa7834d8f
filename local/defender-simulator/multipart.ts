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
  const form = await new Response(withQuotes(contentType, body), { headers })
    .formData()
    .catch(() => null);
  if (form === null) return null;
  return await Promise.all(
    [...form].map(async ([name, value]) =>
      typeof value === "string"
        ? { name, fileName: null, content: Buffer.from(value) }
        : { name, fileName: value.name, content: new Uint8Array(await value.arrayBuffer()) },
    ),
  );
}

/**
 * The same body with every parameter of a part's disposition in quotes. .NET leaves them out where
 * it may (RFC 2183 takes tokens), and adds `filename*`; Node reads neither.
 */
function withQuotes(contentType: string, body: Uint8Array): Uint8Array {
  const boundary = /\bboundary=("[^"]+"|[^;\s]+)/i.exec(contentType)?.[1]?.replaceAll('"', "");
  if (boundary === undefined) return body;
  const delimiter = `--${boundary}\r\n`;
  // Latin-1 keeps every byte as it is.
  const [before = "", ...parts] = Buffer.from(body).toString("latin1").split(delimiter);
  const quoted = parts.map((part) => {
    const end = part.indexOf("\r\n\r\n");
    return part.slice(0, end).replace(DISPOSITION, quoteParameters) + part.slice(end);
  });
  return Buffer.from([before, ...quoted].join(delimiter), "latin1");
}

const DISPOSITION = /^content-disposition:.*$/im;

function quoteParameters(disposition: string): string {
  return disposition.replaceAll(/;\s*([\w*]+)=("[^"]*"|[^;"\s]*)/g, (_, name, value) => {
    if (name.endsWith("*")) return "";
    return `; ${name}=${value.startsWith('"') ? value : `"${value}"`}`;
  });
}
