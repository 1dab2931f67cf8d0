/** Invitation links by which a page is opened: `#masq=CODE` behind the app's own address (docs/pairing.md). */

const FRAGMENT = /^#masq=[\w-]+$/;

/** The link, taken out of the address bar and the history entry: whoever looks there later finds no secret. */
const take = (): string | undefined => {
  if (!FRAGMENT.test(location.hash)) return undefined;
  const link = location.href;
  history.replaceState(history.state, "", link.slice(0, link.indexOf("#")));
  return link;
};

/** Calls `listener` for the link the page was opened by, and for those opened while it is there. */
export const onInvitation = (listener: (link: string) => void): (() => void) => {
  const look = (): void => {
    const link = take();
    if (link !== undefined) listener(link);
  };
  addEventListener("hashchange", look);
  look();
  return () => removeEventListener("hashchange", look);
};
