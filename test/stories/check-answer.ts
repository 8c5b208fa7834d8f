import { z } from "zod";
import { problemSchema } from "../../shared/api/problem-answer.ts";
import { ROUTES } from "../../shared/api/routes.ts";

/** What came back: its JSON, if it is JSON. */
interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

const PATTERNS = ROUTES.map((route) => {
  const pattern = route.path.replaceAll(".", String.raw`\.`).replaceAll(/{[^}]+}/g, "[^/]+");
  return { route, pattern: new RegExp(`^${pattern}$`) };
});

/**
 * Throws unless the answer has the form that the OpenAPI document gives it. What the host itself
 * answers, such as to a path that nobody knows, is not in the document.
 */
export function checkAnswer(method: string, path: string, { status, headers, body }: Answer): void {
  const [plain = ""] = path.split("?");
  const found = PATTERNS.find(
    ({ route, pattern }) => route.method === method && pattern.test(plain),
  );
  const type = headers.get("content-type") ?? "";
  if (found === undefined || !/^application\/(problem\+)?json/.test(type)) return;
  const isProblem = type.startsWith("application/problem+json");
  const form = isProblem ? problemSchema : found.route.answers[status];
  if (form === undefined || form === "bytes") {
    throw new Error(`${method} ${path} answers ${status}, which the document does not have`);
  }
  const read = form.safeParse(body);
  if (read.success) return;
  throw new Error(
    `${method} ${path} answers ${status} in another form: ${z.prettifyError(read.error)}`,
  );
}
