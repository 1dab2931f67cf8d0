/** What a person pastes or a camera reads, before anything is done with it. */

/** `foreign`: an invitation, but of another app; `none`: no invitation at all. */
export type InvitationText = "own" | "foreign" | "none";

const CODE = /^[\w-]{40,}$/;
const WITH_CODE = /#masq=[\w-]+$/;

/** White space is skipped, as mail programs break long links. The verdict is a courtesy: the checksum decides later. */
export const readInvitation = (text: string, origin: string): InvitationText => {
  const link = text.replaceAll(/\s/g, "");
  if (link.startsWith("masq:pair#") || CODE.test(link)) return "own";
  if (!WITH_CODE.test(link)) return "none";
  // The app's own links begin with its origin, which is what its data belong to.
  return URL.canParse(link) && new URL(link).origin === origin ? "own" : "foreign";
};

/** The code in it, as far as it is one: the same in each form of an invitation. */
const codeIn = (text: string): string =>
  String(text)
    .replaceAll(/\s/g, "")
    .replace(/^.*#(?:masq=)?/, "");

export const isSameInvitation = (one: string, other: string): boolean =>
  codeIn(one) === codeIn(other);
