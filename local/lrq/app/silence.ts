import { silenceText } from "../../../shared/http/silence.ts";
import { EXIT } from "../command/exit-codes.ts";
import { Stop } from "../command/stop.ts";

/** What to do about a connection that did not come about, by its code. */
const TODO: Readonly<Record<string, string>> = {
  ECONNREFUSED: "Nothing listens there. Start lrq (npm start), or check the address.",
  ENOTFOUND: "Nobody knows the name of the host. Check the address.",
  EAI_AGAIN: "The name could not be looked up. Check the network.",
  ENETUNREACH: "There is no way to that network. Check the network, or the VPN.",
  EHOSTUNREACH: "There is no way to that host. Check the network, or the VPN.",
};
const TLS_TODO =
  "Something between here and lrq shows its own certificate, or that of lrq is wrong. Give Node " +
  "the certificate of your authority: NODE_EXTRA_CA_CERTS=FILE. Never switch the check off.";
/** Codes of Node and OpenSSL for certificates that are not trusted, or of another host. */
const TLS = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS|ERR_SSL|EPROTO|DEPTH_ZERO/;

/** The end of a command that got no answer; another try may get one. */
export function silenceOf(url: string, error: unknown): Stop {
  const words = silenceText(error);
  const code = /\((\w+)\)$/.exec(words)?.[1] ?? "";
  const { host } = new URL(url);
  if (TLS.test(code)) {
    const what = `The certificate of ${host} is not trusted (${code}).`;
    return new Stop(EXIT.unreachable, what, { todo: TLS_TODO });
  }
  return new Stop(EXIT.unreachable, `lrq does not answer at ${host}: ${words}.`, {
    todo: TODO[code] ?? "Check the network, and whether lrq runs.",
    againAfterMs: 0,
  });
}

/** True if the request cannot have reached lrq. */
export function neverLeft({ todo, message }: Stop): boolean {
  return todo === TLS_TODO || Object.keys(TODO).some((code) => message.includes(`(${code})`));
}
