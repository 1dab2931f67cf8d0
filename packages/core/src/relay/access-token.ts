/** The access token that some sync services ask for (docs/relay.md, "Access tokens"). */
import { utf8 } from "../bytes/bytes.ts";
import { MAX_ACCESS_TOKEN_BYTES } from "./protocol.ts";

/** The text's bytes without white space around it; undefined for what is none. */
export const accessTokenOf = (text: string): Uint8Array | undefined => {
  const token = utf8(text.trim());
  return token.length > 0 && token.length <= MAX_ACCESS_TOKEN_BYTES ? token : undefined;
};
