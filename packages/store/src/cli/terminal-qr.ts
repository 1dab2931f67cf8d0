/** A link as a QR code on a terminal, for the camera of a device that has no way to paste it. */
import encodeQr from "qr";
import { onDark } from "./output.ts";

/** Undefined where there is no terminal, or one too narrow: a code in broken lines can be read by nothing. */
export const terminalQr = (
  text: string,
  stream: Pick<NodeJS.WriteStream, "isTTY" | "columns"> = process.stderr,
): string | undefined => {
  if (!stream.isTTY) return undefined;
  // The least correction makes the smallest code, and a screen has no stains.
  const lines = encodeQr(text, "ascii", { ecc: "low" }).trimEnd().split("\n");
  const width = lines[0]?.length ?? 0;
  if (width > stream.columns) return undefined;
  return lines.map((line) => onDark(line, process.stderr)).join("\n");
};
