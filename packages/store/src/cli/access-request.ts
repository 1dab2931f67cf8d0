/** A request for access as the owner gets to see it: who asks, for what, and what cannot be known. */
import { domainToUnicode } from "node:url";
import { ACCESS_TIMEOUT_MS, fields } from "@masq/core";
import { bold, counted, facts, inColour } from "./output.ts";

export interface AccessRequestItem {
  readonly app: string;
  /** What the app calls itself. */
  readonly name: string;
  readonly namespaces: readonly string[];
  readonly code: string;
  /** Milliseconds since 1970. */
  readonly asked: number;
  /** Nobody vouches that the app is the one it says it is. */
  readonly unverified: boolean;
  /** Namespaces that are not the app's own. */
  readonly foreign: readonly string[];
}

export const readAccessRequest = (item: Readonly<Record<string, unknown>>): AccessRequestItem => {
  const app = fields.asText(item["app"], "an app");
  const namespaces = fields
    .asArray(item["namespaces"], "namespaces")
    .map((namespace) => fields.asText(namespace, "a namespace"));
  return {
    app,
    name: fields.asText(item["name"], "a name"),
    namespaces,
    code: fields.asText(item["code"], "digits"),
    asked: fields.asUint(item["asked"], "a time"),
    unverified: !app.startsWith("https://"),
    foreign: namespaces.filter((namespace) => namespace !== app),
  };
};

/** In two groups, as people read digits out. */
export const spacedCode = (code: string): string => `${code.slice(0, 3)} ${code.slice(3)}`;

/** Web addresses in other scripts travel as xn--…, which nobody can read; decoded they can imitate others. */
const lookAlike = (app: string): string | undefined => {
  if (!app.includes("xn--") || !URL.canParse(app)) return undefined;
  return domainToUnicode(new URL(app).hostname);
};

export const requestText = (request: AccessRequestItem, now: number): string => {
  const { app, name, namespaces, foreign, code, asked, unverified } = request;
  const rows: [string, string][] = [["calls itself", JSON.stringify(name)]];
  if (unverified) {
    const why = app.startsWith("app:")
      ? "any program on this computer can claim this id"
      : "any program on this computer can use this address";
    rows.push(["identity", `${inColour("yellow", "cannot be verified")}: ${why}`]);
  } else {
    rows.push(["identity", "vouched for by the web browser"]);
  }
  const shownAs = lookAlike(app);
  if (shownAs !== undefined) {
    rows.push([
      "beware",
      `browsers show this address as ${shownAs}, which may imitate another one`,
    ]);
  }
  if (foreign.length < namespaces.length)
    rows.push(["wants", "its own data: read, write and delete"]);
  for (const namespace of foreign) {
    rows.push([
      "wants",
      `${inColour("yellow", `the data of ${namespace}`)}: read, write and delete`,
    ]);
  }
  rows.push(["digits", `${bold(spacedCode(code))}   (the app must show the same)`]);
  const left = Math.max(0, Math.round((asked + ACCESS_TIMEOUT_MS - now) / 1000));
  rows.push(["waits", `${counted(left, "more second", "more seconds")}`]);
  return `${bold(app)} asks for access.\n${facts(rows)}`;
};
