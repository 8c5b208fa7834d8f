import { app, type HttpRequest, type HttpResponseInit } from "@azure/functions";
import { shippedPage, type App } from "../shared/app.ts";
import { json, problem, SAFE_HEADERS } from "./answer.ts";
import { unchanged } from "./conditional.ts";
import { withApp } from "./transport.ts";

type PageSignIn = App["pageSignIn"];

// The page has no data: it asks the other routes, with the credential of whoever looks at it.
app.http("readPage", {
  methods: ["GET"],
  route: "page",
  authLevel: "anonymous",
  handler: withApp(async (lrq, request) => fileFor(request, "index.html", lrq.pageSignIn)),
});

app.http("readPageFile", {
  methods: ["GET"],
  route: "page/{file}",
  authLevel: "anonymous",
  handler: withApp(async (lrq, request) => {
    const { file: name = "" } = request.params;
    // Nobody has signed in yet when it is asked for, and nothing in it is a secret.
    if (name === "sign-in") return json({ entra: lrq.pageSignIn });
    return fileFor(request, name, lrq.pageSignIn);
  }),
});

/**
 * Scripts and styles are our own files only, and text can become neither markup nor script. The
 * page asks only this origin and, if people sign in with Entra, its authority.
 */
function headersOf(signIn: PageSignIn): Readonly<Record<string, string>> {
  const connect = signIn === null ? "" : ` ${new URL(signIn.authority).origin}`;
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    `connect-src 'self'${connect}`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ];
  return {
    ...SAFE_HEADERS,
    "cache-control": "no-cache",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "content-security-policy": policy.join("; "),
  };
}

function fileFor(request: HttpRequest, name: string, signIn: PageSignIn): HttpResponseInit {
  const file = shippedPage(name);
  if (file === null) return problem("not-found", "The page has no file of this name.");
  const { bytes, type, etag } = file;
  const headers = { ...headersOf(signIn), "content-type": type, etag };
  return unchanged(request, etag, new Headers(headers)) ?? { headers, body: bytes };
}
