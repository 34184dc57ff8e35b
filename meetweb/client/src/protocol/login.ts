/** Logging in without leaving: a second connection with account and password fetches a session id that the first one then uses. */
import type { ClientConfig } from "./config";
import { type ConferenceAnswer, conferenceRequest, parseConferenceAnswer } from "./focus";
import { stropheStreams } from "./xmpp/attempt";
import { Line } from "./xmpp/line";
import { requestAnswer } from "./xmpp/requests";
import type { StreamEnd } from "./xmpp/stream";

export type LoginProblem = "wrongCredentials" | "notAllowed" | "unreachable" | "tooManyAttempts";

export type LoginResult = { kind: "ok"; sessionId: string | undefined; identity: string } | { kind: "failed"; problem: LoginProblem };

export interface LoginRequest {
  config: ClientConfig;
  /** `name` or `name@host`. */
  user: string;
  password: string;
  /** Full room address. */
  room: string;
  machineUid: string;
}

/** The account's address for what a person typed. */
export function accountJid(user: string, config: ClientConfig): string {
  const name = user.trim();
  return name.includes("@") ? name : `${name}@${config.authDomain}`;
}

/** Asks once by each way to the server until one opens; the second connection is closed in any case. */
export async function login(request: LoginRequest): Promise<LoginResult> {
  const { config } = request;
  const jid = accountJid(request.user, config);
  return await new Promise((resolve) => {
    const finish = (result: LoginResult): void => {
      line.close();
      resolve(result);
    };
    const line = new Line(
      {
        openStream: stropheStreams(config.serviceUrls, { jid, password: request.password }),
        pingTo: config.domain,
        pingIntervalMs: config.pingIntervalMs,
        firstAttempts: config.serviceUrls.length,
        giveUpAfterMs: 0,
      },
      {
        onOnline: () => void askFocus(line, request, jid).then(finish),
        onInterrupted: () => undefined,
        onStanza: () => undefined,
        onEnd: (end) => finish({ kind: "failed", problem: problemOf(end) }),
      },
    );
    line.open();
  });
}

async function askFocus(line: Line, request: LoginRequest, jid: string): Promise<LoginResult> {
  const { config, room, machineUid } = request;
  const stanza = conferenceRequest({ focus: config.focus, room, machineUid });
  const answer: ConferenceAnswer = parseConferenceAnswer(await requestAnswer(line, stanza));
  switch (answer.kind) {
    case "ready":
      return { kind: "ok", sessionId: answer.sessionId, identity: answer.identity ?? jid };
    case "notReady":
      return { kind: "ok", sessionId: undefined, identity: jid };
    case "notAuthorized":
    case "sessionInvalid":
      return { kind: "failed", problem: "notAllowed" };
    case "failed":
      return { kind: "failed", problem: refusals.get(answer.condition) ?? "unreachable" };
  }
}

const refusals: ReadonlyMap<string, LoginProblem> = new Map([
  ["forbidden", "notAllowed"],
  ["not-allowed", "notAllowed"],
  ["policy-violation", "tooManyAttempts"],
  ["resource-constraint", "tooManyAttempts"],
]);

/** SASL conditions (RFC 6120 §6.5): what the person can do about it. */
export function problemOf(end: StreamEnd): LoginProblem {
  switch (end.kind) {
    case "authFailed":
      if (end.condition === "temporary-auth-failure") return "tooManyAttempts";
      return end.condition === "account-disabled" || end.condition === "not-allowed" ? "notAllowed" : "wrongCredentials";
    case "streamError":
      return end.condition === "policy-violation" || end.condition === "resource-constraint" ? "tooManyAttempts" : "unreachable";
    case "broken":
    case "unreachable":
    case "accountNeeded":
      return "unreachable";
  }
}
