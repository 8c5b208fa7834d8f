import type { HttpBody } from "../../shared/defender/request.ts";

/** A file as it is to be in the library. */
export interface Upload {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly description: string;
  readonly parameters: string | null;
}

/**
 * The form of the page "Upload to library": the name of the file is that of its part, and there is
 * no other field for it. `HasParameters` is only in the page's sample.
 */
export async function uploadForm(
  { name, bytes, description, parameters }: Upload,
  override: boolean,
): Promise<HttpBody> {
  const form = new FormData();
  form.set("Description", description);
  form.set("HasParameters", String(parameters !== null));
  if (parameters !== null) form.set("ParametersDescription", parameters);
  form.set("OverrideIfExists", String(override));
  form.set("file", new Blob([bytes]), name);
  const encoded = new Response(form);
  return {
    contentType: encoded.headers.get("content-type") ?? "",
    bytes: new Uint8Array(await encoded.arrayBuffer()),
  };
}
